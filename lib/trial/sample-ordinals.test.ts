import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleOrdinals } from "./sample-ordinals.ts";

describe("a sample of ordinals", () => {
  test("is ascending, without repetition, below the count, of the size asked for, and the same each time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 4_294_967_295 }),
        (count, share, seed) => {
          const sample = sampleOrdinals(count, share, seed);
          expect(sample.length).toBe(Math.min(count, Math.max(1, Math.round(count * share))));
          expect(sample.every((ordinal, place) => ordinal > (sample[place - 1] ?? -1))).toBe(true);
          expect(sample.at(-1)).toBeLessThan(count);
          expect(sampleOrdinals(count, share, seed)).toEqual(sample);
        },
      ),
    );
  });

  test("of everything is everything, and another seed draws others", () => {
    expect(sampleOrdinals(3, 1, 5)).toEqual(Uint32Array.of(0, 1, 2));
    expect(sampleOrdinals(1_000, 0.1, 1)).not.toEqual(sampleOrdinals(1_000, 0.1, 2));
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleOrdinals, shareOut } from "./sample-strata.ts";

const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });
const count = fc.integer({ min: 1, max: 60 });

function groupsOf(lengths: readonly number[]): number[][] {
  let next = 0;
  return lengths.map((length) => Array.from({ length }, () => next++));
}

describe("a stratified sample", () => {
  test("has as many places as were asked for or are there, none of them twice, the same for one seed", () => {
    fc.assert(
      fc.property(sizes, count, fc.nat(), (lengths, wanted, seed) => {
        const groups = groupsOf(lengths);
        const sample = sampleOrdinals({ groups, count: wanted, seed });
        expect(sample).toEqual([...new Set(sample)].sort((left, right) => left - right));
        expect(sample).toHaveLength(Math.min(wanted, groups.flat().length));
        expect(sampleOrdinals({ groups, count: wanted, seed })).toEqual(sample);
      }),
    );
  });

  test("gives every group one before any group's share is far from its size", () => {
    fc.assert(
      fc.property(sizes, count, (lengths, wanted) => {
        const shares = shareOut(lengths, wanted);
        const filled = lengths.filter((length) => length > 0).length;
        if (wanted >= filled) expect(shares.filter((share) => share > 0)).toHaveLength(filled);
        for (const [group, share] of shares.entries()) {
          expect(share).toBeLessThanOrEqual(lengths[group]!);
          // A larger group never gets less than a smaller one.
          for (const [other, length] of lengths.entries())
            if (lengths[group]! > length) expect(share).toBeGreaterThanOrEqual(shares[other]!);
        }
      }),
    );
  });

  test("goes by size where there is enough for all", () => {
    expect(shareOut([900, 90, 10, 0], 100)).toEqual([90, 9, 1, 0]);
    expect(shareOut([997, 1, 1, 1], 10)).toEqual([7, 1, 1, 1]);
  });

  test("covers the whole range evenly", () => {
    const sample = sampleOrdinals({ groups: groupsOf([1_000]), count: 10, seed: 3 });
    expect(sample.map((ordinal) => Math.floor(ordinal / 100))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

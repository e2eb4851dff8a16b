import fc from "fast-check";
import { expect, test } from "vitest";
import { isAllowed } from "../../vector/format/is-allowed.ts";
import { createLiveOrdinals, type SegmentShape } from "./live-ordinals.ts";

const shape: fc.Arbitrary<SegmentShape> = fc
  .integer({ min: 0, max: 150 })
  .chain((chunkCount) =>
    fc
      .uniqueArray(fc.integer({ min: 0, max: Math.max(0, chunkCount - 1) }), { maxLength: chunkCount })
      .map((dead) => ({ chunkCount, dead: Uint32Array.from(dead).sort() })),
  );
const shapes = fc.array(shape, { minLength: 1, maxLength: 5 });

/** Every living chunk in order, written down without arithmetic. */
function living(segments: readonly SegmentShape[]) {
  return segments.flatMap(({ chunkCount, dead }, segment) =>
    Array.from({ length: chunkCount }, (_, place) => ({ segment, place })).filter(
      ({ place }) => !dead.includes(place),
    ),
  );
}

test("ordinals number the living chunks without gaps, and lead there and back", () => {
  fc.assert(
    fc.property(shapes, (segments) => {
      const ordinals = createLiveOrdinals(segments);
      const expected = living(segments);
      expect(ordinals.count).toBe(expected.length);
      expected.forEach(({ segment, place }, ordinal) => {
        expect(ordinals.locate(ordinal)).toEqual({ segment, place });
        expect(ordinals.ordinalOf(segment, place)).toBe(ordinal);
        expect(ordinals.isDead(segment, place)).toBe(false);
      });
      segments.forEach(({ dead }, segment) => {
        for (const place of dead) expect(ordinals.isDead(segment, place)).toBe(true);
      });
    }),
  );
});

test("a filter over the segments and one over the ordinals name the same living chunks", () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 2, max: 7 }), (segments, modulus) => {
      const ordinals = createLiveOrdinals(segments);
      const chosen = segments.map(({ chunkCount }) => {
        const bits = new Uint32Array((chunkCount + 31) >>> 5);
        for (let place = 0; place < chunkCount; place += modulus) bits[place >>> 5]! |= 1 << (place & 31);
        return { bits, matchCount: 0, where: "x" };
      });
      const wide = ordinals.widen(chosen, "x");
      const expected = living(segments);
      expect(wide.matchCount).toBe(expected.filter(({ place }) => place % modulus === 0).length);
      expected.forEach(({ place }, ordinal) => {
        expect(isAllowed(wide.bits, ordinal)).toBe(place % modulus === 0);
      });
      const narrow = ordinals.narrow(wide);
      expect(narrow.reduce((sum, { matchCount }) => sum + matchCount, 0)).toBe(wide.matchCount);
      for (const { segment, place } of expected) {
        expect(isAllowed(narrow[segment]!.bits, place)).toBe(place % modulus === 0);
      }
      expect(ordinals.narrow(wide)).toBe(narrow);
    }),
  );
});

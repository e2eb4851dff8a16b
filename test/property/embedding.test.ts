import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHashEmbedder, hashDimension } from "../../lib/embedding/hash-embedder.ts";

const seed = Date.now() % 2 ** 31;
const settings = { seed, numRuns: 300 };
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.lorem({ maxCount: 40 }),
);
const embedder = createHashEmbedder();

function embed(text: string): Float32Array {
  const vector = new Float32Array(hashDimension);
  embedder.embedInto(text, vector, 0);
  return vector;
}

describe(`hash embedding (seed ${seed})`, () => {
  test("every text with a letter or a digit has length one or cancels to zero, every other is zero", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const length = Math.hypot(...embed(text));
        const hasFeature = /[\p{L}\p{N}]/u.test(text.normalize("NFKC").toLowerCase());
        if (hasFeature) expect(Math.abs(length - 1)).toBeLessThan(1e-5);
        else expect(length).toBe(0);
      }),
      settings,
    );
  });

  test("a vector does not depend on what was embedded before, nor on where it is written", () => {
    fc.assert(
      fc.property(anyText, anyText, (before, text) => {
        const alone = new Float32Array(hashDimension);
        createHashEmbedder().embedInto(text, alone, 0);
        const block = new Float32Array(hashDimension * 2).fill(7);
        embedder.embedInto(before, block, 0);
        embedder.embedInto(text, block, hashDimension);
        expect(block.slice(hashDimension)).toEqual(alone);
      }),
      { ...settings, numRuns: 30 },
    );
  });

  test("repeating a text changes lengths of counts only, so it stays near itself", () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 12 }), (text) => {
        const twice = embed(`${text} ${text}`);
        const cosine = embed(text).reduce((sum, value, index) => sum + value * (twice[index] ?? 0), 0);
        expect(cosine).toBeGreaterThan(0.9);
      }),
      settings,
    );
  });
});

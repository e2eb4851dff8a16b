import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkText } from "../../lib/chunking/chunk-text.ts";

const seed = Date.now() % 2 ** 31;
const settings = { seed, numRuns: 400 };

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 4, arbitrary: fc.constantFrom(". ", "! ", " ", "\n\n", "。", "…", "\r\n", '." ', "J. ") },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "e\u0301\u0323", "한국어", "ক্ষি", "\ud83d", "日本語文"),
  },
);
const anyText = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
const anyOptions = fc
  .integer({ min: 1, max: 120 })
  .chain((size) => fc.record({ size: fc.constant(size), overlap: fc.integer({ min: 0, max: size - 1 }) }));

describe(`chunkText (seed ${seed})`, () => {
  test("the chunks hold every character but white space, in order, and each adds something", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        let covered = 0;
        let previousStart = -1;
        for (const chunk of chunkText(text, options)) {
          expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
          expect(chunk.text).toBe(chunk.text.trim());
          expect(chunk.start).toBeGreaterThan(previousStart);
          expect(chunk.end).toBeGreaterThan(covered);
          expect(text.slice(covered, Math.max(covered, chunk.start)).trim()).toBe("");
          covered = chunk.end;
          previousStart = chunk.start;
        }
        expect(text.slice(covered).trim()).toBe("");
      }),
      settings,
    );
  });

  test("no chunk is longer than its size, but by the half of a surrogate pair where the size is one", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        for (const chunk of chunkText(text, options)) {
          expect(chunk.text.length).toBeLessThanOrEqual(Math.max(options.size, 2));
        }
      }),
      settings,
    );
  });

  test("no cut falls inside a surrogate pair, nor inside a grapheme that fits", () => {
    const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const boundaries = new Set([text.length]);
        let longest = 0;
        for (const { index, segment } of segmenter.segment(text)) {
          boundaries.add(index);
          longest = Math.max(longest, segment.length);
        }
        for (const chunk of chunkText(text, options)) {
          for (const cut of [chunk.start, chunk.end]) {
            const pair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(cut - 1, cut + 1));
            expect(pair).toBe(false);
            if (longest <= options.size - options.overlap) expect(boundaries.has(cut)).toBe(true);
          }
        }
      }),
      settings,
    );
  });

  test("the number of chunks is bounded by the text's length over the step", () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const step = Math.max(1, Math.floor((options.size - options.overlap) / 2));
        expect(chunkText(text, options).length).toBeLessThanOrEqual(2 * Math.ceil(text.length / step) + 1);
      }),
      settings,
    );
  });
});

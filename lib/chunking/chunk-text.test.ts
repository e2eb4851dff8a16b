import { describe, expect, test } from "vitest";
import { chunkText } from "./chunk-text.ts";

const texts = (text: string, size: number, overlap = 0) =>
  chunkText(text, { size, overlap }).map((chunk) => chunk.text);

describe("chunkText", () => {
  test("a text that fits is one chunk without its outer white space", () => {
    expect(chunkText("  one sentence.\n", { size: 32, overlap: 8 })).toEqual([
      { text: "one sentence.", start: 2, end: 15 },
    ]);
  });

  test("white space alone gives no chunk", () => {
    expect(chunkText(" \n\t \u3000\u00a0", { size: 32, overlap: 0 })).toEqual([]);
    expect(chunkText("", { size: 32, overlap: 0 })).toEqual([]);
  });

  test("chunks end where sentences end", () => {
    expect(texts("The first one is here. The second one! Is it the third? Yes.", 40)).toEqual([
      "The first one is here. The second one!",
      "Is it the third? Yes.",
    ]);
  });

  test("initials and abbreviations before small letters end no sentence", () => {
    expect(texts("We met J. Smith e.g. at noon and later again in town.", 24)).toEqual([
      "We met J. Smith e.g. at",
      "noon and later again in",
      "town.",
    ]);
  });

  test("an overlap begins at a sentence where one begins in it", () => {
    expect(texts("Alpha beta gamma. Delta is up. Epsilon goes on and on here.", 34, 16)).toEqual([
      "Alpha beta gamma. Delta is up.",
      "Delta is up. Epsilon goes on and",
      "goes on and on here.",
    ]);
  });

  test("Japanese sentences end without white space", () => {
    expect(texts("今日は晴れです。明日は雨でしょう。", 12)).toEqual([
      "今日は晴れです。",
      "明日は雨でしょう。",
    ]);
  });

  test("an empty line is a boundary", () => {
    expect(texts("A heading without a stop\n\nThe text below the heading goes on", 40)).toEqual([
      "A heading without a stop",
      "The text below the heading goes on",
    ]);
  });

  test("a family of joined emoji and a letter with its marks stay whole", () => {
    const family = "👨‍👩‍👧‍👦";
    for (const chunk of texts(family.repeat(20), 32)) expect(chunk.length % family.length).toBe(0);
    const marked = "e\u0301\u0323";
    for (const chunk of texts(marked.repeat(40), 32)) expect(chunk.startsWith("e")).toBe(true);
  });

  test("a grapheme longer than a chunk is cut between code points", () => {
    const chunks = texts(`a${"\u0301".repeat(500)}`, 32);
    expect(chunks.join("")).toBe(`a${"\u0301".repeat(500)}`);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBe(32);
  });

  test("sizes that cannot work are refused with the field", () => {
    expect(() => texts("text", 10, 10)).toThrow(
      expect.objectContaining({ type: "chunk-overlap", field: "overlap" }),
    );
    expect(() => texts("text", 0)).toThrow(
      expect.objectContaining({ type: "chunk-size", field: "chunk_size" }),
    );
    expect(() => texts("text", Number.NaN)).toThrow(expect.objectContaining({ type: "chunk-size" }));
  });

  test("ten megabytes without a space do not stop it", () => {
    expect(chunkText("x".repeat(10_000_000), { size: 800, overlap: 100 }).length).toBeGreaterThan(14_000);
  });
});

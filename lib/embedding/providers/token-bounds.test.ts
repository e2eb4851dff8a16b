import { expect, test } from "vitest";
import { tokensAtLeast, tokensAtMost } from "./token-bounds.ts";

test.each([
  ["", 0, 2],
  ["one two", 2, 2 + 2 + 2],
  ["...", 0, 2 + 3],
  ["今日は", 1, 2 + 6],
  ["a1b2", 1, 2 + 4],
  ["x".repeat(40), 1, 2 + 40],
])("%j has at least %d and at most %d tokens", (text, least, most) => {
  expect(tokensAtLeast(text)).toBe(least);
  expect(tokensAtMost(text)).toBe(most);
});

test("a chunk of the usual length fits the smallest of the usual models without going alone", () => {
  const sentence = "The quick brown fox jumps over the lazy dog and then rests in the shade. ";
  expect(tokensAtMost(sentence.repeat(14).slice(0, 1_000))).toBeLessThan(504);
});

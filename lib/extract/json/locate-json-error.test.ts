import { expect, test } from "vitest";
import { locateJsonError } from "./locate-json-error.ts";

test.each([
  ['{"a":1,}', 7, "key"],
  ["[1 2]", 3, "comma or end"],
  ['{"a" 1}', 5, "colon"],
  ["", 0, "value"],
  ["[01]", 2, "comma or end"],
  ['"a\u0001"', 0, "well-formed string"],
  ["{} x", 3, "end"],
  ["[}", 1, "value or ]"],
])("%j breaks at %i, where %s is expected", (text, at, expected) => {
  expect(locateJsonError(text)).toEqual({ at, expected });
});

test("a hundred thousand brackets are walked without recursion", () => {
  expect(locateJsonError("[".repeat(100_000))).toEqual({ at: 100_000, expected: "value or ]" });
});

import { expect, test } from "vitest";
import { decodeLength, encodeLength } from "./length-byte.ts";

test("lengths below 40 survive exactly", () => {
  for (let length = 0; length < 40; length++) expect(decodeLength(encodeLength(length))).toBe(length);
});

// From Lucene's SmallFloat.byte4ToInt(intToByte4(length)).
test.each([
  [41, 40],
  [100, 96],
  [1000, 984],
  [2 ** 31 - 1, 2013265944],
])("%i words are kept as %i, as in Lucene", (length, kept) => {
  expect(decodeLength(encodeLength(length))).toBe(kept);
});

test("every code is a byte and longer texts never get shorter codes", () => {
  let before = -1;
  for (let length = 0; length < 100_000; length += 7) {
    const code = encodeLength(length);
    expect(code).toBeGreaterThanOrEqual(before);
    expect(code).toBeLessThan(256);
    before = code;
  }
});

import { expect, test } from "vitest";
import { firstStrayByte } from "./first-stray-byte.ts";
import { detectEncoding } from "./text-encoding.ts";

test.each([
  ["ascii only", Buffer.from("abc"), "utf-8"],
  ["UTF-8 cut inside a character", Buffer.from("aé漢").subarray(0, 5), "utf-8"],
  ["damaged UTF-8", Buffer.concat([Buffer.from("éàü".repeat(5)), Buffer.from([0xff])]), "utf-8"],
  ["latin-1", Buffer.from("é à ü", "latin1"), "windows-1252"],
  ["UTF-16 LE without a mark", Buffer.from("some text", "utf16le"), "utf-16le"],
  ["UTF-16 BE without a mark", Buffer.from("some text", "utf16le").swap16(), "utf-16be"],
  ["nothing", Buffer.alloc(0), "utf-8"],
])("%s", (_, bytes, encoding) => {
  expect(detectEncoding(bytes).encoding).toBe(encoding);
});

test("a whole text that ends inside a character is not taken for UTF-8", () => {
  expect(detectEncoding(Buffer.from("Zo\xeb", "latin1"), "whole").encoding).toBe("windows-1252");
});

test("the first stray byte is found wherever it stands", () => {
  const text = Buffer.from("aé漢🙂".repeat(50));
  expect(firstStrayByte(text)).toBeUndefined();
  for (let at = 0; at < text.length; at++) {
    const broken = Buffer.from(text);
    broken[at] = 0xff;
    // Within a character the stray byte makes the character's first byte the one that fits nowhere.
    let expected = at;
    while (expected > 0 && (text[expected]! & 0xc0) === 0x80) expected -= 1;
    expect(firstStrayByte(broken)).toBe(expected);
  }
});

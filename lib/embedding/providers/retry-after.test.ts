import { expect, test } from "vitest";
import { retryAfterSeconds } from "./retry-after.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

test.each([
  [null, undefined],
  ["", undefined],
  ["soon", undefined],
  ["2", 2],
  ["-1", 0],
  ["1e9", 86_400],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30],
  ["Wed, 31 Dec 2025 00:00:30 GMT", 0],
])("%j is %d seconds", (header, seconds) => {
  expect(retryAfterSeconds(header, now)).toBe(seconds);
});

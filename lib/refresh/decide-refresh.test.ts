import { expect, test } from "vitest";
import { isDue, tryNumber } from "./decide-refresh.ts";

const policy = { kind: "on-append" as const, debounce_ms: 1_000 };

test("an index follows once writes pause, or after ten pauses' time of writes without one", () => {
  expect(isDue({ policy, versionAgeMs: 999, waitingMs: 999 })).toBe(false);
  expect(isDue({ policy, versionAgeMs: 1_000, waitingMs: 1_000 })).toBe(true);
  expect(isDue({ policy, versionAgeMs: 10, waitingMs: 9_999 })).toBe(false);
  expect(isDue({ policy, versionAgeMs: 10, waitingMs: 10_000 })).toBe(true);
});

test("a version is tried once an hour, and a clock before its commit tries it once", () => {
  expect([0, 3_599_999, 3_600_000, -5_000_000].map((age) => tryNumber(10, 10 + age))).toEqual([0, 0, 1, 0]);
});

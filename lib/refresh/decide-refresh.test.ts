import { expect, test } from "vitest";
import { decideTick, isDue, tryNumber } from "./decide-refresh.ts";

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

test("every tick fires once, also when the clock jumps ahead, back and ahead again", () => {
  const everyMs = 60_000;
  const day = 86_400_000;
  let handled = 0;
  const fired: number[] = [];
  const look = (now: number) => {
    const decision = decideTick({ tick: now - (now % everyMs), handled, now });
    if (decision.kind !== "wait") handled = decision.tick;
    if (decision.kind === "fire") fired.push(decision.tick);
  };
  for (const now of [60_000, 60_500, 61_000, 240_000, 240_001, day, 300_000, 300_100, 360_000, 360_001])
    look(now);
  expect(fired).toEqual([60_000, 240_000, day, 360_000]);
});

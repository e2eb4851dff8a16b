import { expect, test } from "vitest";
import { decideTick } from "./decide-tick.ts";

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

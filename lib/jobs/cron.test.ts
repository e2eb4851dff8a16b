import { expect, test } from "vitest";
import { nextTick, previousTick } from "./cron.ts";

const daily = { cron: "30 2 * * *", timezone: "Europe/Berlin" };

test("the next and the last tick are by the schedule's own time zone", () => {
  const noon = Date.parse("2024-07-01T12:00:00Z");
  expect(new Date(nextTick(daily, noon)).toISOString()).toBe("2024-07-02T00:30:00.000Z");
  expect(new Date(previousTick(daily, noon)).toISOString()).toBe("2024-07-01T00:30:00.000Z");
});

test("a tick is its own last tick at its time", () => {
  const tick = Date.parse("2024-07-02T00:30:00.000Z");
  expect(previousTick(daily, tick)).toBe(tick);
});

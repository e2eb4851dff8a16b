import { expect, test } from "vitest";
import { nextTick } from "./cron.ts";

test("the next tick is by the schedule's own time zone, and after the given time", () => {
  const daily = { cron: "30 2 * * *", timezone: "Europe/Berlin" };
  const noon = Date.parse("2024-07-01T12:00:00Z");
  expect(new Date(nextTick(daily, noon)).toISOString()).toBe("2024-07-02T00:30:00.000Z");
  expect(nextTick(daily, nextTick(daily, noon))).toBe(Date.parse("2024-07-03T00:30:00Z"));
});

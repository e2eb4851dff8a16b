import { expect, test } from "vitest";
import { isCronExpression, isTimezone, lastTick, nextTick } from "./cron.ts";

test.each([
  ["0 3 * * *", "UTC", "2026-03-10T12:00:00Z", "2026-03-10T03:00:00Z"],
  ["0 3 * * *", "UTC", "2026-03-10T03:00:00Z", "2026-03-10T03:00:00Z"],
  ["0 3 * * *", "UTC", "2026-03-10T02:59:59.999Z", "2026-03-09T03:00:00Z"],
  ["0 3 * * *", "Europe/Vienna", "2026-07-01T12:00:00Z", "2026-07-01T01:00:00Z"],
  ["*/5 * * * *", "UTC", "2026-03-10T12:07:30Z", "2026-03-10T12:05:00Z"],
])("%s in %s fired last before %s at %s", (cron, timezone, now, expected) => {
  const tick = lastTick({ cron, timezone }, Date.parse(now));
  expect(new Date(tick).toISOString()).toBe(new Date(expected).toISOString());
});

test("the next tick is by the time zone, and after the given time", () => {
  const daily = { cron: "30 2 * * *", timezone: "Europe/Berlin" };
  const noon = Date.parse("2024-07-01T12:00:00Z");
  expect(new Date(nextTick(daily, noon)).toISOString()).toBe("2024-07-02T00:30:00.000Z");
  expect(nextTick(daily, nextTick(daily, noon))).toBe(Date.parse("2024-07-03T00:30:00Z"));
});

test("what is no expression or no zone is told", () => {
  expect(["", "never", "61 * * * *", "* * *  * * * * *"].filter(isCronExpression)).toEqual([]);
  expect(isTimezone("Mars/Olympus")).toBe(false);
});

import { describe, expect, test } from "vitest";
import { turnLimits } from "./provider-limits.ts";

describe("turnLimits", () => {
  test.each([60, 90, 1_200, 6_000])(
    "a pace of %i a minute with turns as late as allowed puts no more than one request too many into a second",
    (requestsPerMinute) => {
      const { paceMs, lateMaxMs } = turnLimits({ requestsPerMinute });
      const most = Math.floor((1_000 + lateMaxMs) / paceMs) + 1;
      expect(most).toBeLessThanOrEqual(Math.ceil(requestsPerMinute / 60) + 1);
    },
  );

  test("few requests a minute come a second apart, and the minute does the rest", () => {
    expect(turnLimits({ requestsPerMinute: 3 }).paceMs).toBe(turnLimits({ requestsPerMinute: 60 }).paceMs);
  });

  test("no limit is no pace", () => {
    expect(turnLimits({})).toMatchObject({
      paceMs: 0,
      requestsPerMinute: 0,
      tokensPerMinute: 0,
      concurrency: 0,
    });
  });
});

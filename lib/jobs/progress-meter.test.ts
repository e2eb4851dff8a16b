import { describe, expect, test } from "vitest";
import { createProgressMeter } from "./progress-meter.ts";

function meterWithClock() {
  let now = 0;
  const meter = createProgressMeter(() => now);
  return {
    at: (ms: number, done: number, total = 100, unit = "rows") => {
      now = ms;
      return meter({ done, total, unit });
    },
  };
}

describe("the progress meter", () => {
  test("knows neither rate nor end after one advance", () => {
    expect(meterWithClock().at(0, 0)).toMatchObject({ rate: null, eta_seconds: null });
  });

  test("tells units per second and the seconds that are left", () => {
    const meter = meterWithClock();
    meter.at(0, 0);
    expect(meter.at(2_000, 20)).toMatchObject({ rate: 10, eta_seconds: 8 });
  });

  test("follows a change of pace within half a minute", () => {
    const meter = meterWithClock();
    for (let second = 0; second <= 60; second++) meter.at(second * 1_000, second, 10_000);
    let last = meter.at(61_000, 160, 10_000);
    for (let second = 62; second <= 95; second++)
      last = meter.at(second * 1_000, 60 + (second - 60) * 100, 10_000);
    expect(last.rate).toBeCloseTo(100, 0);
  });

  test("starts over where the unit changes", () => {
    const meter = meterWithClock();
    meter.at(0, 0);
    meter.at(1_000, 100);
    expect(meter.at(1_100, 0, 5, "vectors")).toMatchObject({ unit: "vectors", rate: null });
  });

  test("says that nothing is left when all is done", () => {
    expect(meterWithClock().at(0, 100)).toMatchObject({ eta_seconds: 0 });
  });
});

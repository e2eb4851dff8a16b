import { describe, expect, test } from "vitest";
import { createProgressMeter } from "./progress-meter.ts";

function meterWithClock() {
  let now = 0;
  const meter = createProgressMeter(() => now);
  return {
    at: (ms: number, done: number, total = 100, unit = "rows", growth?: number) => {
      now = ms;
      return meter({ done, total, unit, growth });
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

  test("tells the seconds that are left of work that grows slower, also when its start is out of sight", () => {
    const meter = meterWithClock();
    // Each done unit takes twice its place in milliseconds: n units take n squared.
    const advance = (done: number) => meter.at(done ** 2, done, 300, "rows", 2);
    for (let done = 0; done < 100; done++) advance(done);
    expect(advance(100)).toMatchObject({ rate: 10, eta_seconds: 80 });
    for (let done = 101; done < 250; done++) advance(done);
    expect(advance(250)).toMatchObject({ eta_seconds: Math.ceil((300 ** 2 - 250 ** 2) / 1_000) });
  });

  test("tells of work that grows slower once a twentieth is done, without what was prepared before its first unit", () => {
    const meter = meterWithClock();
    const advance = (done: number) => meter.at(done === 0 ? 0 : 5_000 + done ** 2, done, 300, "rows", 2);
    for (let done = 0; done < 14; done++) expect(advance(done)).toMatchObject({ eta_seconds: null });
    for (let done = 14; done < 100; done++) advance(done);
    expect(advance(100)).toMatchObject({ eta_seconds: 80 });
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

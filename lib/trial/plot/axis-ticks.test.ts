import { describe, expect, test } from "vitest";
import { linearTicks, logTicks } from "./axis-ticks.ts";

describe("ticks", () => {
  test("of a linear axis are round and lie within it", () => {
    expect(linearTicks(0.9, 1, 5)).toEqual([0.9, 0.92, 0.94, 0.96, 0.98, 1]);
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(1, 1, 5)).toEqual([1]);
  });

  test("of a logarithmic axis are 1, 2 and 5 times powers of ten", () => {
    expect(logTicks(0.04, 3)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
  });
});

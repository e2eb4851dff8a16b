import { describe, expect, test } from "vitest";
import { logTicks, recallTicks, stretchRecall } from "./axis-ticks.ts";

describe("ticks", () => {
  test("of recall are those above the floor, further apart the better they are", () => {
    expect(recallTicks(0.85)).toEqual([0.9, 0.95, 0.98, 0.99, 0.995, 1]);
    const places = recallTicks(0).map(stretchRecall);
    expect(places.every((place, tick) => place > (places[tick - 1] ?? -1))).toBe(true);
    expect(stretchRecall(1) - stretchRecall(0.99)).toBeGreaterThan(stretchRecall(0.9) - stretchRecall(0.89));
  });

  test("of a logarithmic axis are 1, 2 and 5 times powers of ten", () => {
    expect(logTicks(0.04, 3)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
  });
});

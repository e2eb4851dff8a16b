import { describe, expect, test } from "vitest";
import { nextEffort } from "./effort-curve.ts";

const objective = { recallTarget: 0.99 };

/** Walks a curve whose recall first reaches the target at `threshold`, and lists the efforts that were measured. */
function walk(threshold: number, options: { start: number; beatMs?: number }): number[] {
  const { start, beatMs = Number.POSITIVE_INFINITY } = options;
  const measured = [start];
  for (;;) {
    const points = measured.map((at) => ({
      at,
      recall: 1 - 0.01 * Math.exp(-0.5 * (at - threshold + 0.5)),
      p50Ms: 0.1 * 1.19 ** at,
    }));
    const next = nextEffort(points, { length: 21, objective, beatMs });
    if (next === undefined) return measured;
    measured.push(next);
  }
}

describe("the search for the least effort that reaches the target", () => {
  test.each([0, 1, 5, 10, 20])("brackets a threshold at %i in few steps, wherever it starts", (threshold) => {
    for (const start of [0, 7, 20]) {
      const measured = walk(threshold, { start });
      expect(measured).toContain(threshold);
      expect(measured.length).toBeLessThanOrEqual(6);
    }
  });

  test("is not led step by step along a curve that is flat far above the target", () => {
    const measured = [16];
    for (;;) {
      const points = measured.map((at) => ({ at, recall: at < 3 ? 0.98 : 0.994, p50Ms: 0.1 * 1.19 ** at }));
      const next = nextEffort(points, { length: 17, objective, beatMs: Number.POSITIVE_INFINITY });
      if (next === undefined) break;
      measured.push(next);
    }
    expect(measured).toContain(3);
    expect(measured.length).toBeLessThanOrEqual(7);
  });

  test("ends where all that is left is slower than what is to be beaten", () => {
    expect(walk(18, { start: 12, beatMs: 0.1 })).toEqual([12]);
  });

  test("ends at the end of the axis where the target is out of reach", () => {
    expect(walk(40, { start: 10 }).at(-1)).toBe(20);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestTrial, trialMetrics } from "./best-trial.ts";
import { paretoFront } from "./pareto-front.ts";

interface Point {
  name: string;
  recall: number;
  p50Ms: number;
  p95Ms: number;
}

const point = (name: string, recall: number, p95Ms: number): Point => ({
  name,
  recall,
  p50Ms: p95Ms / 2,
  p95Ms,
});
const slow = point("slow", 0.999, 8);
const knee = point("knee", 0.99, 2);
const fast = point("fast", 0.9, 1);
const beaten = point("beaten", 0.98, 3);
const poor = point("poor", 0.5, 0.5);
const all = [beaten, slow, poor, knee, fast];

const points = fc.array(
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 100, noNaN: true }))
    .map(([recall, p95Ms]) => point("any", recall, p95Ms)),
  { maxLength: 30 },
);
const beats = (left: Point, right: Point) => left.recall >= right.recall && left.p95Ms <= right.p95Ms;

describe("the Pareto front", () => {
  test("holds what nothing beats, fastest first", () => {
    expect(paretoFront(all).map(({ name }) => name)).toEqual(["poor", "fast", "knee", "slow"]);
    expect(paretoFront([])).toEqual([]);
  });

  test("beats everything, and no two of it beat each other", () => {
    fc.assert(
      fc.property(points, (trials) => {
        const front = paretoFront(trials);
        expect(trials.every((trial) => front.some((best) => beats(best, trial)))).toBe(true);
        for (const left of front)
          for (const right of front) expect(left === right || !beats(left, right)).toBe(true);
      }),
    );
  });
});

describe("the best trial", () => {
  const best = (metric: (typeof trialMetrics)[number], recallFloor: number) =>
    bestTrial(all, metric, { recallFloor })?.name;

  test("is the one that the metric asks for, above the floor", () => {
    expect(best("recall", 0)).toBe("slow");
    expect(best("latency", 0)).toBe("poor");
    expect(best("latency", 0.9)).toBe("fast");
    expect(best("latency", 0.95)).toBe("knee");
    expect(best("pareto", 0.9)).toBe("knee");
  });

  test("of equal recall is the fastest", () => {
    const twins = [point("later", 1, 2), point("sooner", 1, 1)];
    expect(bestTrial(twins, "recall", { recallFloor: 0 })?.name).toBe("sooner");
  });

  test("is none where none reaches the floor", () => {
    for (const metric of trialMetrics) expect(best(metric, 1)).toBeUndefined();
  });

  test("never lies below the floor, and by pareto on the front", () => {
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 1, noNaN: true }), (trials, recallFloor) => {
        for (const metric of trialMetrics) {
          const found = bestTrial(trials, metric, { recallFloor });
          expect(found === undefined).toBe(trials.every(({ recall }) => recall < recallFloor));
          if (found) expect(found.recall).toBeGreaterThanOrEqual(recallFloor);
          if (found && metric === "pareto")
            expect(paretoFront(trials.filter(({ recall }) => recall >= recallFloor))).toContain(found);
        }
      }),
    );
  });
});

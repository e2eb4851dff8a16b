import type { TrialRecord } from "./trial-record.ts";

type Point = Pick<TrialRecord, "recall" | "p95Ms">;

/**
 * The trials that no other beats in recall and in p95 at once, fastest first. Of equals the first given stays.
 */
export function paretoFront<Trial extends Point>(trials: readonly Trial[]): Trial[] {
  const front: Trial[] = [];
  for (const trial of trials.toSorted((a, b) => a.p95Ms - b.p95Ms || b.recall - a.recall)) {
    if (trial.recall > (front.at(-1)?.recall ?? Number.NEGATIVE_INFINITY)) front.push(trial);
  }
  return front;
}

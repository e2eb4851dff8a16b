import { quantile } from "../evaluation/quantile.ts";
import type { TrialRecord } from "./trial-record.ts";

/**
 * The trials with their latencies as they would be had the machine always been as fast as in the middle of them: each
 * was measured in turn with what served, and is slower or faster by as much as that was. Those without such a measure,
 * and those beside another generation than the newest, stay as they are.
 */
export function atOnePace(trials: readonly TrialRecord[]): TrialRecord[] {
  const generation = trials.findLast(({ servingP50Ms }) => servingP50Ms !== undefined)?.generation;
  const paceOf = (trial: TrialRecord) => (trial.generation === generation ? trial.servingP50Ms : undefined);
  const paces = trials.map(paceOf).filter((pace) => pace !== undefined);
  if (paces.length === 0) return [...trials];
  const middle = quantile(paces, 0.5);
  return trials.map((trial) => {
    const pace = paceOf(trial);
    return pace === undefined ? trial : { ...trial, ...latenciesOf(trial, middle / pace) };
  });
}

function latenciesOf({ p50Ms, p50LowMs, p50HighMs, p95Ms, p99Ms }: TrialRecord, factor: number) {
  return {
    p50Ms: p50Ms * factor,
    ...(p50LowMs !== undefined && { p50LowMs: p50LowMs * factor }),
    ...(p50HighMs !== undefined && { p50HighMs: p50HighMs * factor }),
    p95Ms: p95Ms * factor,
    p99Ms: p99Ms * factor,
  };
}

import type { TrialRecord } from "../trial/trial-record.ts";

type Latency = Pick<TrialRecord, "p50Ms" | "p50LowMs" | "p50HighMs">;
type Recall = Pick<TrialRecord, "recall" | "recallLow" | "recallHigh">;

/**
 * The share of the latency that `candidate` saves, and the least of it: what is left where both figures err against it
 * by as much as their own rounds differ. A gain whose least is not above 0 is noise.
 */
export function latencyGain(candidate: Latency, serving: Latency): { gain: number; least: number } {
  const { p50HighMs: slowest = candidate.p50Ms } = candidate;
  const { p50LowMs: fastest = serving.p50Ms } = serving;
  return { gain: 1 - candidate.p50Ms / serving.p50Ms, least: 1 - slowest / fastest };
}

/** Whether `candidate` finds more than `serving` by more than either figure's interval. */
export function findsSurelyMore(candidate: Recall, serving: Recall): boolean {
  return candidate.recallLow > serving.recall && candidate.recall > serving.recallHigh;
}

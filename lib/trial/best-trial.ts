import { paretoFront } from "./pareto-front.ts";
import type { TrialRecord } from "./trial-record.ts";

export const trialMetrics = ["recall", "latency", "pareto"] as const;
export type TrialMetric = (typeof trialMetrics)[number];

type Point = Pick<TrialRecord, "recall" | "p50Ms" | "p95Ms">;

/**
 * The best of comparable trials, undefined where none reaches the floor. `recall`: the highest recall, of equals the
 * fastest. `latency`: the least p50. `pareto`: of the front the one nearest to what no trial reaches, the best recall at
 * the best p95, both scaled to the front.
 */
export function bestTrial<Trial extends Point>(
  trials: readonly Trial[],
  metric: TrialMetric,
  { recallFloor }: { recallFloor: number },
): Trial | undefined {
  const eligible = trials.filter(({ recall }) => recall >= recallFloor);
  if (metric === "recall") return least(eligible, ({ recall }) => -recall);
  if (metric === "latency") return least(eligible, ({ p50Ms }) => p50Ms);
  const front = paretoFront(eligible);
  const [fastest, best] = [front[0], front.at(-1)];
  if (fastest === undefined || best === undefined) return undefined;
  // A factor of two in latency means the same wherever it is paid.
  const slower = scale(Math.log(fastest.p95Ms), Math.log(best.p95Ms));
  const worse = scale(best.recall, fastest.recall);
  return least(front, ({ recall, p95Ms }) => Math.hypot(slower(Math.log(p95Ms)), worse(recall)));
}

/** Maps `from` to 0 and `to` to 1. */
function scale(from: number, to: number): (value: number) => number {
  return (value) => (from === to ? 0 : (value - from) / (to - from));
}

/** The trial of the least value; of equals the fastest, then the first. */
function least<Trial extends Point>(
  trials: readonly Trial[],
  value: (trial: Trial) => number,
): Trial | undefined {
  return trials.toSorted((left, right) => value(left) - value(right) || left.p50Ms - right.p50Ms)[0];
}

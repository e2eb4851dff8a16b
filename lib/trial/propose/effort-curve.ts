import type { Objective } from "./proposer.ts";

/** What was measured at one place of a curve's effort axis, or beyond its ends. */
export interface EffortPoint {
  at: number;
  recall: number;
  p50Ms: number;
}

/** A recall of 1 over a few hundred queries means no more than that; its logarithm must stay finite. */
const missMin = 2e-4;
/** How the logarithm of the missed share falls with a step of effort, where two points have not told it yet. */
const slopeTypical = -0.35;
const slopeSteepest = -1.2;
const slopeFlattest = -0.1;

/** The logarithm of the share that was missed: nearly a straight line over the logarithm of the effort. */
export function missOf(recall: number): number {
  return Math.log(Math.max(missMin, 1 - recall));
}

/**
 * The next effort to measure in search of the least one that reaches the target: regula falsi on the logarithm of the
 * missed share, and the middle of the bracket where the last two points, oldest first, were on one side of the target:
 * a curve that is flat there would be followed step by step. Undefined where the least one is known, where the axis
 * ends, and where nothing that the curve can still show would be faster than `beatMs`.
 */
export function nextEffort(
  points: readonly EffortPoint[],
  curve: { length: number; objective: Objective; beatMs: number },
): number | undefined {
  const { length, objective, beatMs } = curve;
  const isReached = (point: EffortPoint) => point.recall >= objective.recallTarget;
  const high = least(points.filter(isReached));
  const low = most(points.filter((point) => !isReached(point) && point.at < (high?.at ?? Infinity)));
  if (low !== undefined && low.p50Ms >= beatMs) return undefined;
  const first = low === undefined ? 0 : Math.max(0, Math.floor(low.at) + 1);
  const last = high === undefined ? length - 1 : Math.min(length, Math.ceil(high.at)) - 1;
  if (first > last) return undefined;
  const [before, latest] = points.slice(-2).map(isReached);
  if (latest !== undefined && before === latest) return Math.floor((first + last) / 2);
  return Math.min(last, Math.max(first, Math.ceil(crossing(points, objective))));
}

/** Where the curve crosses the target, between two places of the axis as a rule. Points must not be empty. */
export function crossing(points: readonly EffortPoint[], { recallTarget }: Objective): number {
  const target = missOf(recallTarget);
  const nearestFirst = points.toSorted(
    (left, right) => Math.abs(missOf(left.recall) - target) - Math.abs(missOf(right.recall) - target),
  );
  const from = nearestFirst[0]!;
  const other =
    nearestFirst.find((point) => point.at !== from.at && isReached(point) !== isReached(from)) ??
    nearestFirst.find((point) => point.at !== from.at);
  const measured =
    other === undefined ? slopeTypical : (missOf(other.recall) - missOf(from.recall)) / (other.at - from.at);
  const slope = Math.min(slopeFlattest, Math.max(slopeSteepest, measured));
  return from.at + (target - missOf(from.recall)) / slope;

  function isReached(point: EffortPoint): boolean {
    return point.recall >= recallTarget;
  }
}

function least(points: readonly EffortPoint[]): EffortPoint | undefined {
  return points.toSorted((left, right) => left.at - right.at)[0];
}

function most(points: readonly EffortPoint[]): EffortPoint | undefined {
  return points.toSorted((left, right) => right.at - left.at)[0];
}

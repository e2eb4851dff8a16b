import { crossing, type EffortPoint, nextEffort } from "./effort-curve.ts";
import type { Proposal } from "./proposer.ts";
import { effortAxis, isPlace, type Positions } from "./search-space.ts";
import { best, curvesOf, type LocatedPoint, proposal, type Survey } from "./survey.ts";

/**
 * The next search setting over a graph that is built already, while one of them may still beat the champion. It costs
 * no build, so it comes before any new graph. The newest graph goes first.
 */
export function refine(survey: Survey): Proposal | undefined {
  const { space, objective } = survey;
  for (const curve of curvesOf(survey, survey.points).reverse()) {
    const positions = curve[0]!.positions;
    const axis = effortAxis(space, positions);
    if (axis < 0 || !isInside(survey, positions, axis)) continue;
    const others = survey.points.filter((point) => !curve.includes(point));
    const rival = best(others, objective);
    const beatMs = rival && rival.recall >= objective.recallTarget ? rival.p50Ms : Number.POSITIVE_INFINITY;
    const length = space.axes[axis]!.values.length;
    const next = nextEffort(effortPoints(curve, axis), { length, objective, beatMs });
    if (next === undefined) continue;
    const tried = positions.with(axis, next);
    if (survey.isTried(tried)) continue;
    return proposal(survey, tried, refineReason(survey, curve, { axis, next }));
  }
  return undefined;
}

/** The same configuration at the effort at which curves so far reached the target, the champion's before others'. */
export function atLikelyEffort(survey: Survey, positions: Positions): Positions {
  const { champion, objective, space, home } = survey;
  const axis = effortAxis(space, positions);
  if (axis < 0) return positions;
  const known = champion && effortAxis(space, champion.positions) === axis ? champion : undefined;
  const curve = known ? curvesOf(survey, survey.points).find((points) => points.includes(known)) : undefined;
  const guess = curve ? Math.ceil(crossing(effortPoints(curve, axis), objective)) : Math.max(0, home[axis]!);
  const likely = Math.min(space.axes[axis]!.values.length - 1, Math.max(0, guess));
  return positions.with(axis, likely);
}

export function effortPoints(curve: readonly LocatedPoint[], axis: number): EffortPoint[] {
  return curve.map(({ positions, recall, p50Ms }) => ({ at: positions[axis]!, recall, p50Ms }));
}

/** Whether all but the effort are values of the space: a champion from outside is not searched further. */
function isInside({ space }: Survey, positions: Positions, effort: number): boolean {
  return positions.every((position, place) => place === effort || isPlace(space.axes[place]!, position));
}

function refineReason(
  { space, objective }: Survey,
  curve: readonly LocatedPoint[],
  { axis, next }: { axis: number; next: number },
): string {
  const { name, values } = space.axes[axis]!;
  const latest = curve.at(-1)!;
  const verb = latest.recall >= objective.recallTarget ? "reached" : "missed";
  return (
    `The graph is built, so its search settings cost no build: the last one ${verb} the recall of ` +
    `${objective.recallTarget} with ${latest.recall.toFixed(4)}, less its error; ${name} ${values[next]} may be the least that reaches it.`
  );
}

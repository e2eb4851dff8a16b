import { IndexParameters } from "../../vector/index-parameters.ts";
import type { Objective, Proposal, ProposerInput, TrialPoint } from "./proposer.ts";
import {
  configurationsOf,
  curveKey,
  graphKey,
  locate,
  nearest,
  type Positions,
  parametersOf,
  type SearchSpace,
} from "./search-space.ts";
import { seededRandom } from "./seeded-random.ts";

/** A measured trial and its place in the space. */
export interface LocatedPoint {
  positions: Positions;
  recall: number;
  p50Ms: number;
  buildMs: number;
}

/** A history, ordered by what proposers ask of it. */
export interface Survey {
  space: SearchSpace;
  objective: Objective;
  /** Fresh numbers for each length of the history. */
  random: () => number;
  /** What the schema's defaults come nearest to: where a search without any knowledge begins. */
  home: Positions;
  /** Trials over all the chunks, oldest first. */
  points: readonly LocatedPoint[];
  champion: LocatedPoint | undefined;
  pointsAt(sampleShare: number): readonly LocatedPoint[];
  isTried(positions: Positions, sampleShare?: number): boolean;
  isBuilt(positions: Positions): boolean;
  /** Whether all that was tried of the graph has failed. */
  isBroken(positions: Positions): boolean;
  /** Every configuration that has not been tried over all the chunks. */
  untried(): Positions[];
}

export function surveyHistory({ space, history, seed, objective }: ProposerInput): Survey {
  const tried = new Set<string>();
  const byShare = new Map<number, LocatedPoint[]>();
  const failed = new Set<string>();
  for (const point of history) {
    tried.add(placeKey(locate(space, point.parameters) ?? [], point.sampleShare));
    const located = locatePoint(space, point);
    if (located !== undefined)
      byShare.set(point.sampleShare, [...(byShare.get(point.sampleShare) ?? []), located]);
    const positions = point.measured ? undefined : locate(space, point.parameters);
    if (positions !== undefined) failed.add(graphKey(space, positions));
  }
  const pointsAt = (share: number) => byShare.get(share) ?? [];
  const points = pointsAt(1);
  const built = new Set(points.map((point) => graphKey(space, point.positions)));
  const isTried = (positions: Positions, share = 1) => tried.has(placeKey(positions, share));
  const isBroken = (positions: Positions) => {
    const graph = graphKey(space, positions);
    return failed.has(graph) && !built.has(graph);
  };
  return {
    space,
    objective,
    random: seededRandom(seed, history.length),
    home: nearest(space, IndexParameters.parse({ backend: space.backend })),
    points,
    champion: best(points, objective),
    pointsAt,
    isTried,
    isBuilt: (positions) => built.has(graphKey(space, positions)),
    isBroken,
    untried: () =>
      [...configurationsOf(space)].filter((positions) => !isTried(positions) && !isBroken(positions)),
  };
}

/** The best of some points, the older one where two are equal; undefined where there are none. */
export function best(points: readonly LocatedPoint[], objective: Objective): LocatedPoint | undefined {
  return points.reduce<LocatedPoint | undefined>(
    (champion, point) => (champion === undefined || isBetter(point, champion, objective) ? point : champion),
    undefined,
  );
}

/** Whether `left` is nearer to what is wanted: enough recall first, then the lower p50. */
export function isBetter(
  left: { recall: number; p50Ms: number },
  right: { recall: number; p50Ms: number },
  { recallTarget }: Objective,
): boolean {
  const [leftReaches, rightReaches] = [left.recall >= recallTarget, right.recall >= recallTarget];
  if (leftReaches !== rightReaches) return leftReaches;
  if (!leftReaches && left.recall !== right.recall) return left.recall > right.recall;
  return left.p50Ms < right.p50Ms;
}

export function proposal({ space }: Survey, positions: Positions, why: string, sampleShare = 1): Proposal {
  return { parameters: parametersOf(space, positions), sampleShare, why };
}

/** The points of each curve, the curves in the order in which they were begun. */
export function curvesOf(
  { space }: Pick<Survey, "space">,
  points: readonly LocatedPoint[],
): LocatedPoint[][] {
  const curves = new Map<string, LocatedPoint[]>();
  for (const point of points) {
    const name = curveKey(space, point.positions);
    curves.set(name, [...(curves.get(name) ?? []), point]);
  }
  return [...curves.values()];
}

function locatePoint(space: SearchSpace, point: TrialPoint): LocatedPoint | undefined {
  const positions = locate(space, point.parameters);
  if (positions === undefined || point.measured === undefined) return undefined;
  return { positions, ...point.measured };
}

/** Places and not parameters: numbers that the chosen engine or kind does not read have none. */
function placeKey(positions: Positions, sampleShare: number): string {
  return `${positions.join(",")} ${sampleShare}`;
}

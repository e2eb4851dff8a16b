import { shuffled } from "../../generation/format/seeded-random.ts";
import { crossing } from "./effort-curve.ts";
import type { Proposal, Proposer } from "./proposer.ts";
import { atLikelyEffort, effortPoints, refine } from "./refine.ts";
import { configurationsOf, effortAxis, graphKey, type Positions } from "./search-space.ts";
import { seededRandom } from "./seeded-random.ts";
import { best, curvesOf, type LocatedPoint, proposal, type Survey, surveyHistory } from "./survey.ts";

/** The share of the chunks that each round looks at; a third of the candidates goes on to the next. */
const shares = [0.1, 0.3, 1] as const;
const bracketSize = 9;
const survivors = 3;

/**
 * Successive halving (Jamieson & Talwalkar, Non-stochastic Best Arm Identification, AISTATS 2016): nine graphs over a
 * tenth of the chunks, the best three of them over three tenths, the best one over all. Then the next nine.
 */
export const halvingProposer: Proposer = {
  name: "halving",
  propose(input) {
    const survey = surveyHistory(input);
    const refined = refine(survey);
    if (refined !== undefined) return refined;
    for (const bracket of bracketsOf(survey, input.seed)) {
      const next = nextOfBracket(survey, bracket);
      if (next !== undefined) return next;
    }
    return undefined;
  },
};

/** The graphs of the space by nines, in an order that the seed gives; the defaults are among the first. */
function bracketsOf({ space, home }: Survey, seed: number): Positions[][] {
  const graphs = new Map<string, Positions>();
  for (const positions of configurationsOf(space)) graphs.set(graphKey(space, positions), positions);
  graphs.delete(graphKey(space, home));
  const order = [home, ...shuffled([...graphs.values()], seededRandom(seed))];
  const brackets: Positions[][] = [];
  for (let from = 0; from < order.length; from += bracketSize)
    brackets.push(order.slice(from, from + bracketSize));
  return brackets;
}

function nextOfBracket(survey: Survey, bracket: readonly Positions[]): Proposal | undefined {
  let candidates = bracket;
  for (const share of shares) {
    const known = curvesAt(survey, share);
    const waiting = candidates.filter((candidate) => !known.has(graphKey(survey.space, candidate)));
    for (const candidate of waiting) {
      const positions = atLikelyEffort(survey, candidate);
      if (survey.isTried(positions, share) || survey.isBroken(positions)) continue;
      return proposal(survey, positions, reasonFor(share, candidates.length), share);
    }
    candidates = ranked(survey, candidates, known).slice(0, share === shares[0] ? survivors : 1);
  }
  return undefined;
}

function reasonFor(share: number, count: number): string {
  if (share === 1) return "The best of its bracket over samples, now over all chunks.";
  return `One of ${count} graphs compared over ${Math.round(share * 100)} % of the chunks.`;
}

function curvesAt(survey: Survey, share: number): Map<string, LocatedPoint[]> {
  const curves = curvesOf(survey, survey.pointsAt(share));
  return new Map(curves.map((curve) => [graphKey(survey.space, curve[0]!.positions), curve]));
}

/** The measured candidates, the one first that would reach the target soonest. */
function ranked(
  survey: Survey,
  candidates: readonly Positions[],
  known: ReadonlyMap<string, LocatedPoint[]>,
): Positions[] {
  return candidates
    .flatMap((positions) => {
      const curve = known.get(graphKey(survey.space, positions));
      return curve ? [{ positions, ms: msAtTarget(survey, curve) }] : [];
    })
    .sort((left, right) => left.ms - right.ms)
    .map(({ positions }) => positions);
}

/** The latency at the effort that should just reach the target: both grow alike over the logarithm of the effort. */
function msAtTarget({ space, objective }: Survey, curve: readonly LocatedPoint[]): number {
  const point = best(curve, objective)!;
  const axis = effortAxis(space, point.positions);
  const values = space.axes[axis]?.values ?? [];
  const place = Math.min(
    values.length - 1,
    Math.max(0, Math.round(crossing(effortPoints(curve, axis), objective))),
  );
  const [needed, used] = [values[place], values[Math.round(point.positions[axis]!)]];
  return typeof needed === "number" && typeof used === "number" ? (point.p50Ms * needed) / used : point.p50Ms;
}

import { missOf } from "./effort-curve.ts";
import { type Belief, fitGaussianProcess } from "./gaussian-process.ts";
import type { Proposal, Proposer } from "./proposer.ts";
import { atLikelyEffort, refine } from "./refine.ts";
import { absent, graphKey, isPlace, type Positions, type SearchSpace } from "./search-space.ts";
import { proposal, type Survey, surveyHistory } from "./survey.ts";

/** The cost of fitting grows with the third power of this; it takes a few milliseconds here. */
const pointsMax = 120;
/**
 * What a trial costs beside its build, in builds: it is one of the trials that a session may take, and of the few without
 * a gain that end it. At less than this the cheapest graphs come first, which find least.
 */
const trialCost = 1;
/** Of the gain that is worth a new generation: less than this is not worth a trial's build either. */
const worthwhileShare = 0.5;

/**
 * Bayesian optimisation: expected improvement of the latency, weighted with the probability that the recall reaches the
 * target (Gardner et al., Bayesian Optimization with Inequality Constraints, ICML 2014), per unit of cost (Snoek et al.,
 * Practical Bayesian Optimization, NIPS 2012). All configurations of graphs that are not built are compared: the space
 * is small. Search settings of a graph that is built are found as every proposer finds them.
 */
export const bayesianProposer: Proposer = {
  name: "bayesian",
  propose(input) {
    const survey = surveyHistory(input);
    const refined = refine(survey);
    if (refined !== undefined) return refined;
    const home = defaultsAmongFirst(survey);
    if (home !== undefined) return home;
    const leaner = leanerThanBest(survey);
    if (leaner !== undefined) return leaner;
    const untried = candidatesOf(survey);
    if (survey.points.length === 0) {
      const drawn = untried[Math.floor(survey.random() * untried.length)];
      return drawn && proposal(survey, drawn, "Nothing could be measured yet: a random configuration.");
    }
    const score = createScore(survey);
    let chosen: (Scored & { positions: Positions }) | undefined;
    let greatest = 0;
    for (const positions of untried) {
      const scored = score(positions);
      greatest = Math.max(greatest, scored.gain);
      if (chosen === undefined || scored.score > chosen.score) chosen = { positions, ...scored };
    }
    if (greatest < worthwhileShare * gainMinOf(survey)) return undefined;
    return chosen && proposal(survey, chosen.positions, chosen.why);
  },
};

/** One graph says nothing of the others; what is good for most corpora says more. */
function defaultsAmongFirst(survey: Survey): Proposal | undefined {
  const known = new Set(survey.points.map(({ positions }) => graphKey(survey.space, positions)));
  const home = survey.points.length === 0 ? survey.home : atLikelyEffort(survey, survey.home);
  if (known.size > 1 || survey.isBuilt(home) || survey.isTried(home) || survey.isBroken(home))
    return undefined;
  return proposal(survey, home, "Little is known yet: the default graph comes first.");
}

/**
 * A step from the best so far towards fewer links that are chosen with more care, which is where most corpora have their
 * best graphs; the next step follows if that one was better. Without it the process has seen one value of each axis,
 * takes the axes for ones that hardly matter, and ends the search with most of the space unseen.
 */
function leanerThanBest(survey: Survey): Proposal | undefined {
  const { space, champion } = survey;
  if (champion === undefined) return undefined;
  const leaner = champion.positions.map((position, place) => {
    const { lean, values } = space.axes[place]!;
    if (lean === undefined || position === absent) return position;
    return lean === "first" ? Math.max(0, position - 1) : values.length - 1;
  });
  if (!leaner.every((position, place) => isPlace(space.axes[place]!, position))) return undefined;
  const likely = atLikelyEffort(survey, leaner);
  if (survey.isBuilt(likely) || survey.isTried(likely) || survey.isBroken(likely)) return undefined;
  return proposal(
    survey,
    likely,
    "Little is known yet: fewer links than the best so far has, chosen with the most care.",
  );
}

/** While the target is not reached, everything that may reach it is worth a trial. */
function gainMinOf({ champion, objective }: Survey): number {
  const reached = champion !== undefined && champion.recall >= objective.recallTarget;
  return reached ? (objective.gainMin ?? 0) : 0;
}

interface Scored {
  /** Expected share of the latency, weighted with the probability that the recall reaches the target. */
  gain: number;
  /** The same per unit of cost. */
  score: number;
  why: string;
}

/** Graphs that are built have shown what they can, so only new ones are compared; once there are none, all that is left. */
function candidatesOf(survey: Survey): Positions[] {
  const untried = survey.untried();
  const fresh = untried.filter((positions) => !survey.isBuilt(positions));
  return fresh.length > 0 ? fresh : untried;
}

function createScore(survey: Survey): (positions: Positions) => Scored {
  const { space, objective, champion } = survey;
  const points = survey.points.slice(-pointsMax);
  const places = points.map((point) => featuresOf(space, point.positions));
  const latency = fitGaussianProcess(
    places,
    points.map(({ p50Ms }) => Math.log(p50Ms)),
  );
  const miss = fitGaussianProcess(
    places,
    points.map(({ recall }) => missOf(recall)),
  );
  const buildCost = predictBuilds(survey);
  const target = missOf(objective.recallTarget);
  const reached = champion !== undefined && champion.recall >= objective.recallTarget;
  return (positions) => {
    const place = featuresOf(space, positions);
    const feasible = normalShare((target - miss.at(place).mean) / miss.at(place).deviation);
    const expected = latency.at(place);
    const gain = reached
      ? expectedImprovement(Math.log(champion.p50Ms), expected)
      : Math.exp(-0.1 * expected.mean);
    const cost = trialCost + (survey.isBuilt(positions) ? 0 : buildCost(positions));
    const why =
      `Expected p50 ${Math.exp(expected.mean).toFixed(3)} ms, recall reached with probability ` +
      `${feasible.toFixed(2)}: the most expected improvement for its cost` +
      (survey.isBuilt(positions) ? ", as the graph is built." : ".");
    return { gain: gain * feasible, score: (gain * feasible) / cost, why };
  };
}

/** The cost of a build relative to the mean of those so far. */
function predictBuilds({ space, points }: Survey): (positions: Positions) => number {
  const builds = new Map(points.map((point) => [graphKey(space, point.positions), point]));
  const known = [...builds.values()].filter(({ buildMs }) => buildMs > 0);
  if (known.length === 0) return () => 1;
  const mean = known.reduce((sum, { buildMs }) => sum + buildMs, 0) / known.length;
  const process = fitGaussianProcess(
    known.map(({ positions }) => featuresOf(space, positions)),
    known.map(({ buildMs }) => Math.log(buildMs / mean)),
  );
  return (positions) => Math.min(20, Math.exp(process.at(featuresOf(space, positions)).mean));
}

/** Ordered axes span one unit each; every text is a unit of its own; what does not count stands in the middle. */
function featuresOf(space: SearchSpace, positions: Positions): number[] {
  return space.axes.flatMap((axis, place) => {
    const at = positions[place]!;
    if (typeof axis.values[0] === "number") {
      return axis.values.length === 1 ? [] : [at === absent ? 0 : at / (axis.values.length - 1) - 0.5];
    }
    return axis.values.length === 1 ? [] : axis.values.map((_, other) => (other === at ? 0.5 : 0));
  });
}

/** How far a draw falls below `best`, on average over the belief. */
function expectedImprovement(best: number, { mean, deviation }: Belief): number {
  const distance = (best - mean) / deviation;
  const density = Math.exp(-0.5 * distance ** 2) / Math.sqrt(2 * Math.PI);
  return deviation * (distance * normalShare(distance) + density);
}

/** The standard normal distribution (Abramowitz & Stegun 26.2.17; its error is below 1e-7). */
function normalShare(value: number): number {
  const term = 1 / (1 + 0.2316419 * Math.abs(value));
  const polynomial =
    term *
    (0.31938153 + term * (-0.356563782 + term * (1.781477937 + term * (-1.821255978 + term * 1.330274429))));
  const tail = (Math.exp(-0.5 * value * value) / Math.sqrt(2 * Math.PI)) * polynomial;
  return value > 0 ? 1 - tail : tail;
}

import type { Proposal, Proposer } from "./proposer.ts";
import { atLikelyEffort, refine } from "./refine.ts";
import { configurationsOf, graphKey, moved, nearestPlace, type Positions } from "./search-space.ts";
import { proposal, type Survey, surveyHistory } from "./survey.ts";

/** The share of proposals that leave the champion's surroundings. */
const epsilon = 0.25;

/**
 * ε-greedy: small steps around the champion, and a random configuration with probability 0.25. Search settings of a
 * graph that is built come first, since they are nearly free.
 */
export const epsilonGreedyProposer: Proposer = {
  name: "epsilon-greedy",
  propose(input) {
    const survey = surveyHistory(input);
    if (survey.points.length === 0 && !survey.isTried(survey.home)) {
      return proposal(survey, survey.home, "Nothing is known yet: the defaults come first.");
    }
    const refined = refine(survey);
    if (refined !== undefined) return refined;
    const explores = survey.random() < epsilon;
    return (explores ? undefined : smallStep(survey)) ?? randomGraph(survey);
  },
};

/** One axis of the champion moved by one value; to any other value where the values have no order. */
function smallStep(survey: Survey): Proposal | undefined {
  const { champion, space, home } = survey;
  if (champion === undefined) return undefined;
  const from = champion.positions.map((at, place) => nearestPlace(space.axes[place]!, at));
  const steps = space.axes.flatMap((axis, place) =>
    axis.role === "effort" || from[place]! < 0
      ? []
      : neighbours(axis.values, from[place]!).map((to) => ({
          axis,
          to,
          positions: atLikelyEffort(survey, moved(space, from, { axis: place, to, home })),
        })),
  );
  const open = steps.filter(({ positions }) => isOpen(survey, positions));
  const step = open[Math.floor(survey.random() * open.length)];
  if (step === undefined) return undefined;
  const { axis, to, positions } = step;
  return proposal(survey, positions, `A small step from the champion: ${axis.name} ${axis.values[to]}.`);
}

function neighbours(values: readonly (string | number)[], at: number): number[] {
  const ordered = values.every((value) => typeof value === "number");
  const places = [...values.keys()].filter((place) => place !== at);
  return ordered ? places.filter((place) => Math.abs(place - at) === 1) : places;
}

/** A graph that has not been built, each equally likely, at the effort that graphs have needed so far. */
export function randomGraph(survey: Survey): Proposal | undefined {
  const graphs = new Map<string, Positions>();
  for (const positions of configurationsOf(survey.space)) {
    const likely = atLikelyEffort(survey, positions);
    if (!survey.isBuilt(positions) && isOpen(survey, likely))
      graphs.set(graphKey(survey.space, positions), likely);
  }
  const open = [...graphs.values()];
  const drawn = open[Math.floor(survey.random() * open.length)];
  return drawn && proposal(survey, drawn, "A random configuration, away from the champion.");
}

function isOpen(survey: Survey, positions: Positions): boolean {
  return !survey.isTried(positions) && !survey.isBroken(positions);
}

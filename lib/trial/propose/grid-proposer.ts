import type { Proposer } from "./proposer.ts";
import { configurationsOf, graphKey } from "./search-space.ts";
import { seededRandom } from "./seeded-random.ts";
import { proposal, surveyHistory } from "./survey.ts";

/** Walks the whole grid graph by graph, each with all its search settings, from a graph that the seed names. */
export const gridProposer: Proposer = {
  name: "grid",
  propose(input) {
    const { space, seed } = input;
    const survey = surveyHistory(input);
    const graphs = [...new Set([...configurationsOf(space)].map((positions) => graphKey(space, positions)))];
    const first = Math.floor(seededRandom(seed)() * graphs.length);
    const turn = new Map(
      graphs.map((graph, place) => [graph, (place - first + graphs.length) % graphs.length]),
    );
    const turnOf = (positions: readonly number[]) => turn.get(graphKey(space, positions))!;
    const [next] = survey.untried().sort((left, right) => turnOf(left) - turnOf(right));
    if (next === undefined) return undefined;
    return proposal(survey, next, `The next of the grid, graph ${turnOf(next) + 1} of ${graphs.length}.`);
  },
};

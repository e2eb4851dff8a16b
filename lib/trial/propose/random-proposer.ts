import type { Proposer } from "./proposer.ts";
import { graphKey } from "./search-space.ts";
import { proposal, surveyHistory } from "./survey.ts";

/** Search settings drawn for one graph before the next one is built: a build costs as much as many of them. */
const settingsPerGraph = 4;

/** Draws uniformly, a few search settings for each graph. The yardstick for every other proposer. */
export const randomProposer: Proposer = {
  name: "random",
  propose(input) {
    const survey = surveyHistory(input);
    const untried = survey.untried();
    const latest = survey.points.at(-1);
    const graph = latest && graphKey(input.space, latest.positions);
    const settings = survey.points.filter((point) => graphKey(input.space, point.positions) === graph);
    const sameGraph =
      settings.length < settingsPerGraph
        ? untried.filter((positions) => graphKey(input.space, positions) === graph)
        : [];
    const drawn = sameGraph.length > 0 ? sameGraph : untried;
    const chosen = drawn[Math.floor(survey.random() * drawn.length)];
    if (chosen === undefined) return undefined;
    const why =
      drawn === sameGraph ? "A random search setting of the graph that is built." : "A random configuration.";
    return proposal(survey, chosen, why);
  },
};

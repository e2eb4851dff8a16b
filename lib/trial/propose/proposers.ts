import { bayesianProposer } from "./bayesian-proposer.ts";
import { epsilonGreedyProposer } from "./epsilon-greedy-proposer.ts";
import { gridProposer } from "./grid-proposer.ts";
import { halvingProposer } from "./halving-proposer.ts";
import type { Proposer } from "./proposer.ts";
import { randomProposer } from "./random-proposer.ts";

export const proposerNames = ["random", "grid", "epsilon-greedy", "bayesian", "halving"] as const;
export type ProposerName = (typeof proposerNames)[number];

const proposers: Record<ProposerName, Proposer> = {
  random: randomProposer,
  grid: gridProposer,
  "epsilon-greedy": epsilonGreedyProposer,
  bayesian: bayesianProposer,
  halving: halvingProposer,
};

export function findProposer(name: ProposerName): Proposer {
  return proposers[name];
}

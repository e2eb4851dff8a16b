import type { IndexParameters } from "../../vector/index-parameters.ts";
import type { SearchSpace } from "./search-space.ts";

/** What a proposer needs of one trial. All trials of a history are of one corpus, one `k` and one set of queries. */
export interface TrialPoint {
  parameters: IndexParameters;
  sampleShare: number;
  /** Absent where the configuration could not be measured. The recall is as cautious as its reader wants to be. */
  measured?: { recall: number; p50Ms: number; buildMs: number };
}

/** The least p50 among the configurations that reach `recallTarget`; while none does, the highest recall. */
export interface Objective {
  recallTarget: number;
  /** The share of the latency that is worth a new generation; a proposer that can tell ends when too little of it is expected. */
  gainMin?: number;
}

export interface Proposal {
  parameters: IndexParameters;
  sampleShare: number;
  /** One sentence for the journal. */
  why: string;
}

export interface ProposerInput {
  space: SearchSpace;
  /** Oldest first. */
  history: readonly TrialPoint[];
  seed: number;
  objective: Objective;
}

/**
 * Names the next configuration to measure, or undefined where nothing is left that could be better. Pure: the same
 * input gives the same proposal. A proposal is in the space and not in the history.
 */
export interface Proposer {
  name: string;
  propose(input: ProposerInput): Proposal | undefined;
}

import { planLance } from "../../vector/format/lance-plan.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import type { VectorIndex } from "../../vector/vector-index.ts";
import type { ProbeVectors } from "../format/probe-vectors.ts";
import { findGroundTruth, measureRecall } from "../measure-recall.ts";

/** What the default settings reach on text that has a structure; on hard data they need more effort for it. */
const recallTarget = 0.98;
/** A graph explores a candidate in about 10 µs, so this keeps a search at 10 ms. */
const expansionMax = 1_024;

/**
 * The parameters with the search effort doubled until the stored probes reach a recall of 0.98, or to its bound: vectors
 * of long random texts lie so far from each other that a fixed effort would find too little. It is never lowered.
 */
export async function calibrateSearch(options: {
  /** The index as built, open. */
  vectors: VectorIndex;
  probes: ProbeVectors;
  parameters: IndexParameters;
  signal?: AbortSignal | undefined;
}): Promise<IndexParameters> {
  const { vectors, probes, parameters, signal } = options;
  const dial = effortDial(parameters, vectors.dimension, vectors.vectorCount);
  if (dial === undefined || vectors.vectorCount === 0) return parameters;
  const truth = await findGroundTruth({ vectors, probes, signal });
  return dial.turnTo(await findEffort({ vectors, truth, signal }, dial));
}

type Measurement = Omit<Parameters<typeof measureRecall>[0], "effort"> & { vectors: VectorIndex };

async function findEffort(measurement: Measurement, { least, most }: EffortDial): Promise<number> {
  for (let effort = least; effort < most; effort = Math.min(effort * 2, most)) {
    if ((await measureRecall({ ...measurement, effort })) >= recallTarget) return effort;
  }
  return Math.max(least, most);
}

interface EffortDial {
  least: number;
  most: number;
  turnTo(effort: number): IndexParameters;
}

/** The one number by which this kind of index trades time for recall; undefined where it always compares everything. */
function effortDial(
  parameters: IndexParameters,
  dimension: number,
  vectorCount: number,
): EffortDial | undefined {
  if (parameters.backend === "hnsw" || parameters.kind === "ivf_hnsw_sq") {
    const turnTo = (expansionSearch: number) => ({ ...parameters, expansionSearch });
    return { least: parameters.expansionSearch, most: expansionMax, turnTo };
  }
  const { probes, partitions } = planLance(parameters, dimension, vectorCount);
  if (partitions === 0) return undefined;
  return { least: probes, most: partitions, turnTo: (effort) => ({ ...parameters, probes: effort }) };
}

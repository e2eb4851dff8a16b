import { planLance } from "../../vector/format/lance-plan.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { recallTarget } from "../../vector/read/plan-search.ts";
import type { SearchCurves } from "../../vector/search-curves.ts";
import type { VectorIndex } from "../../vector/vector-index.ts";
import type { ProbeVectors } from "../format/probe-vectors.ts";
import { findGroundTruth } from "../measure-recall.ts";
import { type CurveInput, type EffortPoint, measureCurves, measureEffortPoint } from "./measure-curves.ts";

/** A graph explores a candidate in about 10 µs, so this keeps a search at 10 ms. */
const expansionMax = 1_024;

/** Everything at 100,000 × 768, on a machine that has other work as well. */
const budgetDefaultMs = 15_000;

export interface CalibratedSearch {
  parameters: IndexParameters;
  /** Absent where there is no vector to measure by. */
  curves?: SearchCurves | undefined;
}

/**
 * The index's own curves, and its parameters with the search effort doubled until the stored probes reach a recall of
 * 0.98, or to its bound: vectors of long random texts lie so far from each other that a fixed effort would find too
 * little. It is never lowered.
 */
export async function calibrateSearch(options: {
  /** The index as built, open. */
  vectors: VectorIndex;
  probes: ProbeVectors;
  parameters: IndexParameters;
  /** About how long it may take; less is measured then, and planned by what is known of any index. */
  budgetMs?: number | undefined;
  signal?: AbortSignal | undefined;
}): Promise<CalibratedSearch> {
  const { vectors, probes, parameters, budgetMs = budgetDefaultMs, signal } = options;
  if (vectors.vectorCount === 0) return { parameters };
  const dial = effortDial(parameters, vectors.dimension, vectors.vectorCount);
  const begin = performance.now();
  const untilMs = begin + budgetMs;
  const truth = await findGroundTruth({ vectors, probes, untilMs: begin + budgetMs / 3, signal });
  const input = { vectors, truth, untilMs, signal };
  const measured = dial === undefined ? [] : await measureEfforts(input, dial);
  const effort = measured.at(-1)?.effort;
  return {
    parameters: dial === undefined || effort === undefined ? parameters : dial.turnTo(effort),
    curves: await measureCurves(input, measured),
  };
}

/** Doubles the effort until it suffices; the last one is the one to search by. */
async function measureEfforts(input: CurveInput, { least, most }: EffortDial): Promise<EffortPoint[]> {
  const measured: EffortPoint[] = [];
  for (let effort = least; ; effort = Math.min(effort * 2, most)) {
    const point = await measureEffortPoint(input, effort);
    measured.push(point);
    if (point.recall >= recallTarget || effort >= most) return measured;
  }
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

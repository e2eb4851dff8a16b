import type { VectorIndex } from "../vector/vector-index.ts";
import type { ProbeVectors } from "./format/probe-vectors.ts";

/** What a search page shows; the depth at which index settings are compared. */
export const recallDepth = 10;
/** Scores nearer than this are equal: duplicates of a text may come in any order. */
export const tieWidth = 1e-5;
/** The graph backend answers scans that are asked for together in one pass; Lance runs each on its own, on all cores. */
export const scansAtOnce = { hnsw: 64, lance: 4 };

/** Queries with the score that a hit must reach to be among the best, and how many such hits there are. */
export interface GroundTruth {
  queries: { query: Float32Array; threshold: number; hitCount: number }[];
}

/** Enough to tell 0.98 from 0.95, where there is no time for more. */
const queriesMin = 16;

/** Compares each probe with every stored vector, or as many of them as there is time for. */
export async function findGroundTruth(options: {
  vectors: VectorIndex;
  probes: ProbeVectors;
  /** By `performance.now()`. */
  untilMs?: number | undefined;
  signal?: AbortSignal | undefined;
}): Promise<GroundTruth> {
  const { vectors, probes, untilMs = Number.POSITIVE_INFINITY, signal } = options;
  const { dimension, backend } = vectors;
  const width = scansAtOnce[backend];
  const queries: GroundTruth["queries"] = [];
  const order = scattered(probes.ordinals.length);
  for (let first = 0; first < order.length; first += width) {
    signal?.throwIfAborted();
    if (first >= queriesMin && performance.now() > untilMs) break;
    const places = order.slice(first, first + width);
    const found = await Promise.all(
      places.map(async (place) => {
        const query = probes.vectors.slice(place * dimension, (place + 1) * dimension);
        const { scores } = await vectors.exact(query, { k: recallDepth, signal });
        return { query, threshold: (scores.at(-1) ?? 0) - tieWidth, hitCount: scores.length };
      }),
    );
    queries.push(...found);
  }
  return { queries };
}

/** All places below `count`, the first of them from everywhere: probes ascend, and rows of one kind often stand together. */
function scattered(count: number): number[] {
  const step = Math.max(1, Math.floor(count / queriesMin));
  return Array.from({ length: step }, (_, offset) => offset).flatMap((offset) =>
    Array.from({ length: Math.ceil((count - offset) / step) }, (_, turn) => offset + turn * step),
  );
}

/** Recall@10: the share of the best hits that a search reaches, by score. 1 where there is nothing to find. */
export async function measureRecall(options: {
  vectors: VectorIndex;
  truth: GroundTruth;
  /** Candidates that the engine explores; the index's own setting where it is not given. */
  effort?: number | undefined;
  signal?: AbortSignal | undefined;
}): Promise<number> {
  const { vectors, truth, effort, signal } = options;
  let reached = 0;
  let wanted = 0;
  for (const { query, threshold, hitCount } of truth.queries) {
    signal?.throwIfAborted();
    const { scores } = await vectors.search(query, { k: recallDepth, effort, signal });
    reached += scores.slice(0, hitCount).filter((score) => score >= threshold).length;
    wanted += hitCount;
  }
  return wanted === 0 ? 1 : reached / wanted;
}

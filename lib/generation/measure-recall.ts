import type { VectorIndex } from "../vector/vector-index.ts";
import type { ProbeVectors } from "./format/probe-vectors.ts";

/** Scores nearer than this are equal: duplicates of a text may come in any order. */
const tieWidth = 1e-5;

/**
 * Recall@k of a search with the index's own settings against comparing everything: the share of the k best scores that
 * the search reached. 1 for an empty index.
 */
export async function measureRecall(options: {
  vectors: VectorIndex;
  probes: ProbeVectors;
  k: number;
  signal?: AbortSignal | undefined;
}): Promise<{ recall: number; queryCount: number }> {
  const { vectors, probes, k, signal } = options;
  const queries = Array.from(probes.ordinals, (_, probe) =>
    probes.vectors.slice(probe * vectors.dimension, (probe + 1) * vectors.dimension),
  );
  // Asked for together, all full scans share one pass over the stored vectors.
  const truths = await Promise.all(queries.map((query) => vectors.exact(query, { k, signal })));
  let reached = 0;
  let wanted = 0;
  for (const [position, query] of queries.entries()) {
    signal?.throwIfAborted();
    const truth = truths[position]?.scores ?? new Float32Array();
    const found = await vectors.search(query, { k, signal });
    const threshold = (truth.at(-1) ?? 0) - tieWidth;
    reached += found.scores.slice(0, truth.length).filter((score) => score >= threshold).length;
    wanted += truth.length;
  }
  return { recall: wanted === 0 ? 1 : reached / wanted, queryCount: queries.length };
}

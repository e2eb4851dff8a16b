import type { VectorHits } from "../vector/vector-index.ts";
import type { QueryRecall } from "./metrics.ts";
import type { StoredHits } from "./truth-file.ts";

/** Scores nearer than this are equal: duplicates of a text may come in any order. */
const tieWidth = 1e-5;

/** A query with what its best `k` hits are worth, so that any search over the same chunks can be judged. */
export interface TruthQuery {
  id: string;
  vector: Float32Array;
  /** Ordinals that are left out of the ranking before it is judged: the query was taken out of their document. */
  exclude: Uint32Array;
  /** The score that a hit must reach to be among the best. */
  threshold: number;
  /** How many such hits there are; fewer than `k` in a corpus that small. */
  hitCount: number;
}

export function truthQuery(
  query: Pick<TruthQuery, "id" | "vector" | "exclude">,
  hits: Pick<StoredHits, "scores">,
): TruthQuery {
  const { id, vector, exclude } = query;
  const threshold = (hits.scores.at(-1) ?? 0) - tieWidth;
  return { id, vector, exclude, threshold, hitCount: hits.scores.length };
}

/** How deep to search so that `k` hits are left when the excluded ones are gone. */
export function searchDepth(query: Pick<TruthQuery, "exclude">, k: number): number {
  return k + query.exclude.length;
}

/** How many of a query's best hits a search to `searchDepth` has reached, by score. */
export function reachedHits(
  query: Pick<TruthQuery, "exclude" | "threshold" | "hitCount">,
  { ordinals, scores }: Pick<VectorHits, "ordinals" | "scores">,
): QueryRecall {
  const { exclude, threshold, hitCount } = query;
  let reached = 0;
  ordinals.forEach((ordinal, place) => {
    if (scores[place]! >= threshold && !exclude.includes(ordinal)) reached += 1;
  });
  return { reached: Math.min(reached, hitCount), wanted: hitCount };
}

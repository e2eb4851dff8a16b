import { cosineSimilarity, euclideanNorm } from "@lakefleet/lib/vector/format/cosine-similarity.ts";
import { createTopHits } from "@lakefleet/lib/vector/format/top-hits.ts";
import * as usearch from "usearch";

// The engine compares in single precision; this many candidates leave room for its rounding to be put right.
const candidateFactor = 3;

/** The `k` nearest of all vectors. */
export function findExact(vectors: Float32Array, query: Float32Array, k: number): number[] {
  const wanted = Math.min(candidateFactor * k, vectors.length / query.length);
  const { keys } = usearch.exactSearch(
    vectors,
    query,
    query.length,
    wanted,
    usearch.MetricKind.Cos,
    1,
  ) as usearch.Matches;
  return compareExactly({ keys, query, k, read: (row) => ({ vectors, offset: row * query.length }) });
}

/** The `k` best of the candidates by their full vectors. */
export function compareExactly(options: {
  keys: BigUint64Array;
  query: Float32Array;
  k: number;
  read(row: number): { vectors: Float32Array; offset: number };
}): number[] {
  const { keys, query, k, read } = options;
  const norm = euclideanNorm(query);
  const hits = createTopHits(k);
  for (const key of keys) {
    const { vectors, offset } = read(Number(key));
    hits.offer(Number(key), cosineSimilarity(query, norm, vectors, offset));
  }
  return [...hits.drain().ordinals];
}

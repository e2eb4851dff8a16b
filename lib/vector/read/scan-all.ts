import type { exactSearch, MetricKind } from "usearch";
import { cosineSimilarity, euclideanNorm } from "../format/cosine-similarity.ts";
import type { TopHits } from "../format/top-hits.ts";
import type { VectorFile } from "./vector-file.ts";

export interface FullScan {
  query: Float32Array;
  k: number;
  hits: TopHits;
}

interface Engine {
  exactSearch: typeof exactSearch;
  MetricKind: Pick<typeof MetricKind, "Cos">;
}

// Candidates beyond k that show whether the engine's f32 rounding could have dropped a row that ties with a kept one.
const slack = 16;
// Larger than the error of an f32 dot product of 4096 values.
const roundingMax = 1e-5;

/**
 * Offers the best rows of one row group to every scan. The engine's vectorised search picks candidates for all queries
 * at once; those are scored again in doubles. Where the candidates' edge is too close to call, all rows are scored.
 */
export function scanGroup(
  file: VectorFile,
  group: { first: number; count: number; buffer: Float32Array },
  scans: readonly FullScan[],
  engine: Engine,
): void {
  const { dimension } = file;
  const { first, count, buffer } = group;
  file.readRun(first, count, buffer, 0);
  const kMax = scans.reduce((most, { k }) => Math.max(most, k), 0);
  const wanted = Math.min(count, kMax + slack);
  // The engine ignores a view's offset into its buffer, so both arrays start their own.
  const vectors = buffer.length === count * dimension ? buffer : buffer.slice(0, count * dimension);
  const queries = new Float32Array(scans.length * dimension);
  scans.forEach(({ query }, index) => {
    queries.set(query, index * dimension);
  });
  const matches = engine.exactSearch(vectors, queries, dimension, wanted, engine.MetricKind.Cos, 1);
  scans.forEach((scan, index) => {
    const from = index * wanted;
    const distances = matches.distances.subarray(from, from + wanted);
    const rows = matches.keys.subarray(from, from + wanted);
    const complete = wanted === count || edgeIsClear(distances, scan);
    const norm = euclideanNorm(scan.query);
    const offer = (row: number) =>
      scan.hits.offer(first + row, cosineSimilarity(scan.query, norm, vectors, row * dimension));
    if (complete) for (const row of rows) offer(Number(row));
    else for (let row = 0; row < count; row++) offer(row);
  });
}

/** Whether every row outside the candidates is surely worse than `k` inside, or than the `k` best so far. */
function edgeIsClear(distances: Float32Array, { k, hits }: FullScan): boolean {
  const edge = distances.at(-1)! - roundingMax;
  return edge - roundingMax > distances[Math.min(k, distances.length) - 1]! || 1 - edge < hits.floor();
}

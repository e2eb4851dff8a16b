import { availableParallelism } from "node:os";
import type { exactSearch, MetricKind } from "usearch";
import { cosineKernel } from "../format/cosine-kernel.ts";
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

/** Of a group's rows: where so many are wanted, finding candidates first takes longer than scoring all. */
const deepShare = 0.5;
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
  // The engine ignores a view's offset into its buffer, so both arrays start their own.
  const vectors = buffer.length === count * dimension ? buffer : buffer.slice(0, count * dimension);
  const all = Array.from({ length: count }, (_, row) => row);
  const [deep, shallow] = [scans.filter(isDeep), scans.filter((scan) => !isDeep(scan))];
  for (const scan of deep) offerRows(scan, all, { first, vectors });
  if (shallow.length === 0) return;

  const kMax = shallow.reduce((most, { k }) => Math.max(most, k), 0);
  const wanted = Math.min(count, kMax + slack);
  const queries = new Float32Array(shallow.length * dimension);
  shallow.forEach(({ query }, index) => {
    queries.set(query, index * dimension);
  });
  // The engine starts them anew for each group: a query alone, as a client's is, would wait for them in vain.
  const threads = Math.min(availableParallelism(), shallow.length);
  const matches = engine.exactSearch(vectors, queries, dimension, wanted, engine.MetricKind.Cos, threads);
  shallow.forEach((scan, index) => {
    const from = index * wanted;
    const distances = matches.distances.subarray(from, from + wanted);
    const complete = wanted === count || edgeIsClear(distances, scan);
    const rows = complete ? Array.from(matches.keys.subarray(from, from + wanted), Number) : all;
    offerRows(scan, rows, { first, vectors });
  });

  function isDeep({ k }: FullScan): boolean {
    return k > count * deepShare;
  }
}

/** Scores rows of the group in doubles, as many at a time as the kernel takes. */
function offerRows(
  { query, hits }: FullScan,
  rows: readonly number[],
  { first, vectors }: { first: number; vectors: Float32Array },
): void {
  const dimension = query.length;
  const kernel = cosineKernel(dimension);
  kernel.setQuery(query);
  for (let from = 0; from < rows.length; from += kernel.rowsMax) {
    const some = rows.slice(from, from + kernel.rowsMax);
    some.forEach((row, place) => {
      kernel.vectors.set(vectors.subarray(row * dimension, (row + 1) * dimension), place * dimension);
    });
    const scores = kernel.score(some.length);
    some.forEach((row, place) => {
      hits.offer(first + row, scores[place]!);
    });
  }
}

/** Whether every row outside the candidates is surely worse than `k` inside, or than the `k` best so far. */
function edgeIsClear(distances: Float32Array, { k, hits }: FullScan): boolean {
  const edge = distances.at(-1)! - roundingMax;
  return edge - roundingMax > distances[Math.min(k, distances.length) - 1]! || 1 - edge < hits.floor();
}

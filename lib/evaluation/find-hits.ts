import { createTopHits } from "../vector/format/top-hits.ts";
import type { RowFilter, VectorIndex } from "../vector/vector-index.ts";
import type { Corpus } from "./corpus.ts";
import type { StoredHits } from "./truth-file.ts";

/** The graph backend answers scans that are asked for together in one pass; Lance runs each on its own, on all cores. */
const scansAtOnce = { hnsw: 64, lance: 4 };
/** Beyond this it is cheaper to leave the excluded chunks out of the scan than to fetch as many hits more. */
const excludedMax = 256;

/** A query on its way to its exact answer. */
export interface ExactQuery {
  vector: Float32Array;
  /** Ordinals that must not be in the answer. */
  exclude: Uint32Array;
}

interface Scan {
  vectors: VectorIndex;
  corpus: Corpus;
  k: number;
  /** Only these chunks; all where it is not given. */
  filter?: RowFilter | undefined;
  signal?: AbortSignal | undefined;
  onFound?: ((found: number) => void) | undefined;
}

/** The `k` best chunks of each query, by comparing all that the filter allows. */
export async function findHits(queries: readonly ExactQuery[], scan: Scan): Promise<StoredHits[]> {
  const width = scansAtOnce[scan.vectors.backend];
  const found: StoredHits[] = [];
  for (let first = 0; first < queries.length; first += width) {
    scan.signal?.throwIfAborted();
    const group = queries.slice(first, first + width).map((query) => findOne(query, scan));
    found.push(...(await Promise.all(group)));
    scan.onFound?.(found.length);
  }
  return found;
}

async function findOne({ vector, exclude }: ExactQuery, scan: Scan): Promise<StoredHits> {
  const { vectors, corpus, k, signal } = scan;
  const excluded = new Set(exclude);
  const narrowed = exclude.length > excludedMax;
  const filter = narrowed ? without(exclude, vectors.vectorCount, scan.filter) : scan.filter;
  const depth = narrowed ? k : k + exclude.length;
  const { ordinals, scores } = await vectors.exact(vector, { k: depth, filter, signal });
  const kept = [...ordinals.keys()].filter((place) => !excluded.has(ordinals[place]!)).slice(0, k);
  return {
    keys: BigUint64Array.from(kept, (place) => corpus.chunkKeys[ordinals[place]!]!),
    scores: Float32Array.from(kept, (place) => scores[place]!),
  };
}

/** The `k` best of two answers over chunks that have none in common. */
export function mergeHits(left: StoredHits, right: StoredHits, k: number): StoredHits {
  const both = [left, right];
  const best = createTopHits(Math.min(k, left.keys.length + right.keys.length));
  const keys = both.flatMap((hits) => [...hits.keys]);
  both.flatMap((hits) => [...hits.scores]).forEach((score, place) => void best.offer(place, score));
  const { ordinals, scores } = best.drain();
  return { keys: BigUint64Array.from(ordinals, (place) => keys[place]!), scores };
}

/** Has the bits alone decide: an ordinal is no column that a condition could name. */
export function filterOf(bits: Uint32Array, matchCount: number): RowFilter {
  return { bits, matchCount, where: "" };
}

function without(exclude: Uint32Array, chunkCount: number, filter: RowFilter | undefined): RowFilter {
  const bits = new Uint32Array((chunkCount + 31) >>> 5);
  if (filter === undefined) for (let ordinal = 0; ordinal < chunkCount; ordinal += 1) setBit(bits, ordinal);
  else bits.set(filter.bits.subarray(0, bits.length));
  let matchCount = filter?.matchCount ?? chunkCount;
  for (const ordinal of exclude) {
    const mask = 1 << (ordinal & 31);
    if ((bits[ordinal >>> 5]! & mask) !== 0) matchCount -= 1;
    bits[ordinal >>> 5]! &= ~mask;
  }
  return filterOf(bits, matchCount);
}

export function setBit(bits: Uint32Array, ordinal: number): void {
  bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
}

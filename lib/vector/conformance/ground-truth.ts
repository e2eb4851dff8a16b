import { expect } from "vitest";
import type { VectorBlock } from "../format/vector-block.ts";
import type { RowFilter, VectorHits } from "../vector-index.ts";

/** Column `bucket` of the conformance data: row number modulo 100, so that `bucket < n` matches n percent. */
export const bucketColumn = { name: "bucket", type: "bigint" };

export async function* blocksOf(
  vectors: Float32Array,
  dimension: number,
  size: number,
): AsyncGenerator<VectorBlock> {
  const count = vectors.length / dimension;
  for (let first = 0; first < count; first += size) {
    const rows = Math.min(size, count - first);
    const bucket = Array.from({ length: rows }, (_, row) => (first + row) % 100);
    yield { vectors: vectors.slice(first * dimension, (first + rows) * dimension), metadata: { bucket } };
  }
}

export function bucketFilter(vectorCount: number, percent: number): RowFilter {
  return filterOf(vectorCount, (ordinal) => ordinal % 100 < percent, `"bucket" < ${percent}`);
}

export function filterOf(
  vectorCount: number,
  matches: (ordinal: number) => boolean,
  where: string,
): RowFilter {
  const bits = new Uint32Array(Math.ceil(vectorCount / 32));
  let matchCount = 0;
  for (let ordinal = 0; ordinal < vectorCount; ordinal++) {
    if (!matches(ordinal)) continue;
    bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
    matchCount += 1;
  }
  return { bits, matchCount, where };
}

export interface GroundTruth {
  score(ordinal: number): number;
  /** The best `k` of the allowed rows, lower ordinals first among equals. */
  best(k: number, allowed?: (ordinal: number) => boolean): number[];
}

/** The suite's own ground truth, written for being obviously right. */
export function compareAll(vectors: Float32Array, dimension: number, query: Float32Array): GroundTruth {
  const rows = Array.from({ length: vectors.length / dimension }, (_, ordinal) => {
    const vector = vectors.subarray(ordinal * dimension, (ordinal + 1) * dimension);
    const dot = vector.reduce((sum, value, index) => sum + value * query[index]!, 0);
    return { ordinal, score: dot / (Math.hypot(...vector) * Math.hypot(...query)) };
  });
  const ranked = rows.toSorted((left, right) => right.score - left.score || left.ordinal - right.ordinal);
  return {
    score: (ordinal) => rows[ordinal]!.score,
    best: (k, allowed = () => true) =>
      ranked
        .filter(({ ordinal }) => allowed(ordinal))
        .slice(0, k)
        .map(({ ordinal }) => ordinal),
  };
}

export function expectTrueOrder(hits: VectorHits, truth: GroundTruth): void {
  expect(new Set(hits.ordinals).size).toBe(hits.ordinals.length);
  hits.ordinals.forEach((ordinal, place) => {
    expect(hits.scores[place]!).toBeCloseTo(truth.score(ordinal), 5);
    if (place > 0) expect(hits.scores[place]!).toBeLessThanOrEqual(hits.scores[place - 1]!);
  });
}

export function overlap(hits: VectorHits, expected: readonly number[]): number {
  return expected.filter((ordinal) => hits.ordinals.includes(ordinal)).length;
}

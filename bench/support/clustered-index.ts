import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { vectorFolder } from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import type { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import type { RowFilter } from "@lakefleet/lib/vector/vector-index.ts";
import { generateClusters } from "../../examples/generate-vectors.ts";

export interface ClusteredVectors {
  dimension: number;
  vectors: Float32Array;
  /** By ordinal. */
  clusters: Uint32Array;
  clusterCount: number;
  /** From the same clusters, and not among the vectors. */
  queries: Float32Array[];
}

export function makeClusteredVectors(options: {
  count: number;
  dimension: number;
  queryCount: number;
}): ClusteredVectors {
  const { count, dimension, queryCount } = options;
  const all = new Float32Array((count + queryCount) * dimension);
  const clusters = new Uint32Array(count + queryCount);
  let done = 0;
  for (const block of generateClusters({ seed: 1, count: count + queryCount, dimension })) {
    all.set(block.vectors, done * dimension);
    clusters.set(block.clusters, done);
    done += block.clusters.length;
  }
  const row = (index: number) => all.slice(index * dimension, (index + 1) * dimension);
  return {
    dimension,
    vectors: all.subarray(0, count * dimension),
    clusters: clusters.subarray(0, count),
    clusterCount: Math.round((count + queryCount) / 100),
    queries: Array.from({ length: queryCount }, (_, index) => row(count + index)),
  };
}

/** Rows of a filter's two columns: `slot` says nothing about a vector, `cluster` nearly everything. */
export const slotCount = 1_000;

/** The folder of a built index; what an earlier run has built is taken. */
export async function buildOnce(options: {
  folder: string;
  data: ClusteredVectors;
  parameters: IndexParameters;
  threads: number;
}): Promise<{ folder: string; seconds: number | undefined }> {
  const { folder, data, parameters, threads } = options;
  if (existsSync(folder)) return { folder, seconds: undefined };
  const { dimension, vectors, clusters } = data;
  const half = `${folder}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(path.join(half, vectorFolder), { recursive: true });
  const vectorCount = clusters.length;
  async function* blocks() {
    for (let first = 0; first < vectorCount; first += 1_000) {
      const end = Math.min(vectorCount, first + 1_000);
      const block = vectors.slice(first * dimension, end * dimension);
      const slot = Array.from({ length: end - first }, (_, row) => (first + row) % slotCount);
      yield { vectors: block, metadata: { slot, cluster: [...clusters.subarray(first, end)] } };
    }
  }
  const begin = performance.now();
  await buildVectorIndex({
    folder: path.join(half, vectorFolder),
    parameters,
    dimension,
    vectorCount,
    blocks: blocks(),
    metadataColumns: [
      { name: "slot", type: "bigint" },
      { name: "cluster", type: "bigint" },
    ],
    threads,
  });
  await rename(half, folder);
  return { folder, seconds: (performance.now() - begin) / 1_000 };
}

/** Every row whose value in a column is below a bound. */
export function belowFilter(column: "slot" | "cluster", bound: number, data: ClusteredVectors): RowFilter {
  const { clusters } = data;
  const bits = new Uint32Array(Math.ceil(clusters.length / 32));
  let matchCount = 0;
  for (let ordinal = 0; ordinal < clusters.length; ordinal++) {
    if ((column === "slot" ? ordinal % slotCount : clusters[ordinal]!) >= bound) continue;
    bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
    matchCount += 1;
  }
  return { bits, matchCount, where: `"${column}" < ${bound}` };
}

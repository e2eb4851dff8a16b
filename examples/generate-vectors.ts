import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";

export interface VectorWorkload {
  seed: number;
  count: number;
  dimension: number;
  /** Default: one for every 100 vectors. Real embeddings are clustered; uniform ones would make every index look bad. */
  clusters?: number;
  /** Length of the noise around a cluster's centre, which has length 1. Default 0.7. */
  spread?: number;
}

const blockSize = 1000;

/**
 * Unit vectors around random centres, in blocks of up to 1000 back to back. The same workload gives the same bytes on
 * every machine that rounds doubles alike.
 */
export function* generateVectors(workload: VectorWorkload): Generator<Float32Array> {
  for (const { vectors } of generateClusters(workload)) yield vectors;
}

/** The same vectors, each with the number of its cluster. */
export function* generateClusters(
  workload: VectorWorkload,
): Generator<{ vectors: Float32Array; clusters: Uint32Array }> {
  const { seed, count, dimension, spread = 0.7 } = workload;
  const random = createRandom(seed);
  const clusterCount = workload.clusters ?? Math.max(1, Math.round(count / 100));
  const centres = new Float32Array(clusterCount * dimension);
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    writeGaussian(random, centres.subarray(cluster * dimension, (cluster + 1) * dimension), 1);
  }
  for (let done = 0; done < count; done += blockSize) {
    const block = new Float32Array(Math.min(blockSize, count - done) * dimension);
    const clusters = new Uint32Array(block.length / dimension);
    for (let offset = 0; offset < block.length; offset += dimension) {
      const vector = block.subarray(offset, offset + dimension);
      const cluster = Math.floor(random() * clusterCount);
      const centre = cluster * dimension;
      clusters[offset / dimension] = cluster;
      writeGaussian(random, vector, spread);
      for (let index = 0; index < dimension; index++) vector[index]! += centres[centre + index]!;
      scaleTo(vector, 1);
    }
    yield { vectors: block, clusters };
  }
}

/** Mulberry32: 32 bits of state, uniform in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function writeGaussian(random: () => number, target: Float32Array, length: number): void {
  for (let index = 0; index < target.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    target[index] = radius * Math.cos(angle);
    if (index + 1 < target.length) target[index + 1] = radius * Math.sin(angle);
  }
  scaleTo(target, length);
}

function scaleTo(vector: Float32Array, length: number): void {
  let square = 0;
  for (const value of vector) square += value * value;
  const factor = square === 0 ? 0 : length / Math.sqrt(square);
  for (let index = 0; index < vector.length; index++) vector[index]! *= factor;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "100000" },
      dimension: { type: "string", default: "768" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
    },
  });
  if (values.out === undefined) {
    console.error("Usage: generate-vectors.ts --out <file> [--count 100000] [--dimension 768] [--seed 1]");
    process.exitCode = 2;
    return;
  }
  const file = openSync(values.out, "w");
  const [seed, count, dimension] = [Number(values.seed), Number(values.count), Number(values.dimension)];
  for (const block of generateVectors({ seed, count, dimension })) writeSync(file, block);
  closeSync(file);
  console.log(`Wrote ${count} vectors of ${dimension} little-endian f32 to ${values.out}.`);
}

if (import.meta.main) main();

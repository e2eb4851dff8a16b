import { createRandom } from "./seeded-random.ts";

/** A few of the generation's own vectors with their ordinals: the queries by which the gate measures recall. */
export const probeFile = "probes.bin";
/** A tenth of recall lost shows in 640 hits with a standard error of a hundredth. */
const probesMax = 64;
/** Still enough to see a broken index by, where each probe's full scan takes seconds. */
const probesMin = 16;
/** Vectors compared in all: about ten seconds of scanning. */
const comparisonsMax = 64_000_000;
/** Any fixed seed: the sample, and so the gate's verdict, is the same in every run. */
const sampleSeed = 0x1a2b3c4d;

export interface ProbeVectors {
  ordinals: Uint32Array;
  /** As many vectors back to back as there are ordinals. */
  vectors: Float32Array;
}

/** The ordinals whose vectors are kept, ascending: one from each of up to 64 equal stretches of the generation. */
export function probeOrdinals(vectorCount: number): Uint32Array {
  const affordable = Math.floor(comparisonsMax / Math.max(1, vectorCount));
  const count = Math.min(vectorCount, probesMax, Math.max(probesMin, affordable));
  const random = createRandom(sampleSeed);
  return Uint32Array.from({ length: count }, (_, probe) => {
    const first = Math.floor((probe * vectorCount) / count);
    const next = Math.floor(((probe + 1) * vectorCount) / count);
    return first + Math.floor(random() * (next - first));
  });
}

/** The ordinals as u32, then the vectors as f32, all little-endian. */
export function encodeProbes({ ordinals, vectors }: ProbeVectors): Uint8Array {
  const bytes = new Uint8Array(ordinals.byteLength + vectors.byteLength);
  bytes.set(new Uint8Array(ordinals.buffer, ordinals.byteOffset, ordinals.byteLength));
  bytes.set(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength), ordinals.byteLength);
  return bytes;
}

export function decodeProbes(bytes: Uint8Array, dimension: number): ProbeVectors {
  const count = Math.floor(bytes.byteLength / (4 + 4 * dimension));
  const aligned = new Uint8Array(bytes);
  return {
    ordinals: new Uint32Array(aligned.buffer, 0, count),
    vectors: new Float32Array(aligned.buffer, 4 * count, count * dimension),
  };
}

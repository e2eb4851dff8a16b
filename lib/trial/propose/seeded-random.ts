import { createRandom } from "../../generation/format/seeded-random.ts";

/** Uniform in [0, 1), the same sequence for the same seeds on every machine. */
export function seededRandom(...seeds: readonly number[]): () => number {
  return createRandom(
    seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) ^ (mixed >>> 15), 0x51ed270b),
  );
}

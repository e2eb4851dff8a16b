import type { RowFilter } from "../vector/vector-index.ts";

/** A filter that lets about this share of the rows pass, the same ones for the same seed. */
export function sampleRows(vectorCount: number, share: number, seed: number): RowFilter {
  const bits = new Uint32Array((vectorCount + 31) >>> 5);
  const limit = share * 4_294_967_296;
  let matchCount = 0;
  for (let ordinal = 0; ordinal < vectorCount; ordinal += 1) {
    if (scatter(ordinal, seed) >= limit) continue;
    bits[ordinal >>> 5] = (bits[ordinal >>> 5] ?? 0) | (1 << (ordinal & 31));
    matchCount += 1;
  }
  // No engine can be told which rows these are but by their bits.
  return { bits, matchCount, where: "" };
}

/** The finalizer of MurmurHash3: neighbours land far apart. */
function scatter(ordinal: number, seed: number): number {
  let mixed = (ordinal + Math.imul(seed, 0x9e3779b1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

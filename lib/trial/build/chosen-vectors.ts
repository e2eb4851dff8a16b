import type { StoredVectors } from "../../vector/vector-index.ts";

/** The vectors of the chosen ordinals, which ascend, block by block out of all of them. */
export async function* chosenVectors(
  blocks: AsyncIterable<StoredVectors>,
  ordinals: Uint32Array,
  dimension: number,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  let place = 0;
  for await (const { firstOrdinal, vectors } of blocks) {
    const end = firstOrdinal + vectors.length / dimension;
    const from = place;
    while (place < ordinals.length && ordinals[place]! < end) place += 1;
    if (place - from === end - firstOrdinal) {
      yield vectors;
      continue;
    }
    const chosen = new Float32Array((place - from) * dimension);
    for (let row = from; row < place; row += 1) {
      const start = (ordinals[row]! - firstOrdinal) * dimension;
      chosen.set(vectors.subarray(start, start + dimension), (row - from) * dimension);
    }
    if (chosen.length > 0) yield chosen;
  }
}

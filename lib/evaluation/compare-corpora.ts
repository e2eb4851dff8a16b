import { setImmediate as nextTurn } from "node:timers/promises";
import type { RowFilter } from "../vector/vector-index.ts";
import { filterOf, setBit } from "./find-hits.ts";

/** What became of an older corpus: which chunks are new, and which of those looked for have gone. */
export interface CorpusChange {
  added: RowFilter;
  gone: Set<bigint>;
}

/** Keys compared between two turns of the event loop: about 10 ms. */
const sliceSize = 65_536;

/**
 * Compares two corpora by the keys of their chunks. An append leaves the older one as a prefix, which costs one pass;
 * where rows were replaced or removed, the rest behind the first difference is looked up.
 */
export async function compareCorpora(options: {
  older: BigUint64Array;
  newer: BigUint64Array;
  /** The chunks whose loss matters. */
  wanted: ReadonlySet<bigint>;
  signal?: AbortSignal | undefined;
}): Promise<CorpusChange> {
  const { older, newer, wanted, signal } = options;
  const slices = async (from: number, to: number, visit: (place: number) => void) => {
    for (let place = from; place < to; place += 1) {
      visit(place);
      if (place % sliceSize !== 0) continue;
      await nextTurn();
      signal?.throwIfAborted();
    }
  };
  const prefix = commonPrefix(older, newer);
  const rest = new Set<bigint>();
  await slices(prefix, older.length, (place) => rest.add(older[place]!));
  const bits = new Uint32Array((newer.length + 31) >>> 5);
  let addedCount = 0;
  await slices(prefix, newer.length, (place) => {
    // What is found again is taken out, so that a chunk that stands twice in the newer corpus is new the second time.
    if (rest.delete(newer[place]!)) return;
    setBit(bits, place);
    addedCount += 1;
  });
  return { added: filterOf(bits, addedCount), gone: wanted.intersection(rest) };
}

function commonPrefix(older: BigUint64Array, newer: BigUint64Array): number {
  const length = Math.min(older.length, newer.length);
  let place = 0;
  while (place < length && older[place] === newer[place]) place += 1;
  return place;
}

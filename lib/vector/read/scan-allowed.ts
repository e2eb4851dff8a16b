import { cosineKernel } from "../format/cosine-kernel.ts";
import { isAllowed } from "../format/is-allowed.ts";
import type { TopHits } from "../format/top-hits.ts";
import type { RowFilter } from "../vector-index.ts";
import type { VectorFile } from "./vector-file.ts";

/** Offers every row that `bits` allows, reading only those. Synchronous: about 1 µs a row of 768 values. */
export function scanAllowed(
  file: VectorFile,
  query: Float32Array,
  bits: RowFilter["bits"],
  hits: TopHits,
): void {
  const kernel = cosineKernel(file.dimension);
  kernel.setQuery(query);
  let ordinal = nextAllowed(bits, 0, file.vectorCount);
  while (ordinal < file.vectorCount) {
    const limit = Math.min(
      file.vectorCount,
      ordinal + kernel.rowsMax,
      // A run ends with its row group.
      (Math.floor(ordinal / file.vectorsPerGroup) + 1) * file.vectorsPerGroup,
    );
    let end = ordinal + 1;
    while (end < limit && isAllowed(bits, end)) end += 1;
    file.readRun(ordinal, end - ordinal, kernel.vectors, 0);
    const scores = kernel.score(end - ordinal);
    for (let row = ordinal; row < end; row++) hits.offer(row, scores[row - ordinal]!);
    ordinal = nextAllowed(bits, end, file.vectorCount);
  }
}

/** The first allowed row at or after `from`, or at least `vectorCount` if there is none. */
function nextAllowed(bits: Uint32Array, from: number, vectorCount: number): number {
  let word = from >>> 5;
  let rest = (bits[word] ?? 0) & (-1 << (from & 31));
  while (rest === 0) {
    word += 1;
    if (word * 32 >= vectorCount) return vectorCount;
    rest = bits[word]!;
  }
  return word * 32 + (31 - Math.clz32(rest & -rest));
}

import type { RowFile } from "./dataset-version.ts";

type RowRange = Pick<RowFile, "firstRowId" | "rowCount">;

/** Ids of all rows of the files, in the files' order, that are not dead. `dead` ascends and has no id twice. */
export function liveRowIds(files: readonly RowRange[], dead: Float64Array): Float64Array {
  const total = files.reduce((sum, file) => sum + liveCount(file, dead), 0);
  const ids = new Float64Array(total);
  let filled = 0;
  for (const file of files) {
    let nextDead = lowerBound(dead, file.firstRowId);
    for (let id = file.firstRowId; id < file.firstRowId + file.rowCount; id += 1) {
      if (dead[nextDead] === id) nextDead += 1;
      else ids[filled++] = id;
    }
  }
  return ids;
}

export function liveCount(file: RowRange, dead: Float64Array): number {
  const deadCount = lowerBound(dead, file.firstRowId + file.rowCount) - lowerBound(dead, file.firstRowId);
  return file.rowCount - deadCount;
}

/** The id of the live row that `rank` live rows stand before; undefined past the end. */
export function liveRowIdAt(
  files: readonly RowRange[],
  dead: Float64Array,
  rank: number,
): number | undefined {
  let left = rank;
  for (const file of files) {
    const live = liveCount(file, dead);
    if (left < live) return liveIdInFile(file, dead, left);
    left -= live;
  }
  return undefined;
}

/** Index of the first value that is not below the bound. */
export function lowerBound(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Walks the dead ids, not the rows: each one at or before the candidate moves it on by one. */
function liveIdInFile(file: RowRange, dead: Float64Array, rank: number): number {
  let candidate = file.firstRowId + rank;
  for (let index = lowerBound(dead, file.firstRowId); index < dead.length; index += 1) {
    if ((dead[index] ?? 0) > candidate) break;
    candidate += 1;
  }
  return candidate;
}

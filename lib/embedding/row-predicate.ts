/** Row ids named in one SQL text: about 200 kB, which Lance parses in 100 ms. */
const singlesPerPredicate = 20_000;
const rangesPerPredicate = 500;
/** From here on a run of neighbours is cheaper as a range. */
const rangeLengthMin = 4;

/** The dataset's row id, which begins the `id` of every chunk. */
export const rowIdSql = "cast(split_part(id, '-', 1) as bigint)";
/** The same as JavaScript has numbers; ids are below 2^53. */
export const rowIdAsDoubleSql = "cast(split_part(id, '-', 1) as double)";

export function rowIdOf(chunkId: string): number {
  return Number(chunkId.slice(0, chunkId.indexOf("-")));
}

/** SQL conditions that together name the chunks of exactly these rows, each of bounded length. */
export function rowPredicates(rowIds: Float64Array): string[] {
  const ascending = rowIds.slice().sort();
  const singles: number[] = [];
  const ranges: string[] = [];
  for (let first = 0; first < ascending.length; ) {
    let last = first;
    while (last + 1 < ascending.length && ascending[last + 1]! <= ascending[last]! + 1) last += 1;
    if (last - first + 1 < rangeLengthMin) singles.push(...ascending.subarray(first, last + 1));
    else ranges.push(`${rowIdSql} between ${ascending[first]} and ${ascending[last]}`);
    first = last + 1;
  }
  return [
    ...slices(singles, singlesPerPredicate).map((slice) => `${rowIdSql} in (${slice.join(",")})`),
    ...slices(ranges, rangesPerPredicate).map((slice) => slice.join(" or ")),
  ];
}

function slices<Value>(values: readonly Value[], size: number): Value[][] {
  const result: Value[][] = [];
  for (let first = 0; first < values.length; first += size) result.push(values.slice(first, first + size));
  return result;
}

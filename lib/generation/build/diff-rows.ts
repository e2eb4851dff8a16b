/** The rows that are new in `now`, and those of `before` that are gone; `before` are pairs of first and last row ids. */
export function diffRows(
  before: Float64Array,
  now: Float64Array,
): { added: Float64Array; removed: Float64Array } {
  const added: number[] = [];
  const removed: number[] = [];
  let next = 0;
  for (let range = 0; range < before.length; range += 2) {
    const [first, last] = [before[range]!, before[range + 1]!];
    while (next < now.length && now[next]! < first) added.push(now[next++]!);
    for (let rowId = first; rowId <= last; rowId += 1) {
      if (now[next] === rowId) next += 1;
      else removed.push(rowId);
    }
  }
  while (next < now.length) added.push(now[next++]!);
  return { added: Float64Array.from(added), removed: Float64Array.from(removed) };
}

import type { ValueOverlap } from "./diff-columns.ts";

/** Fewer different values than this are in common among flags and small numbers of any meaning. */
const distinctMin = 5;

/** Overlap of sampled values: the part of the smaller set of different values that the larger one has, too. */
export function overlapOf(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): ValueOverlap {
  return (from, to) => {
    const left = new Set(before.get(from) ?? []);
    const right = new Set(after.get(to) ?? []);
    const [small, large] = left.size < right.size ? [left, right] : [right, left];
    if (small.size < distinctMin) return undefined;
    return small.intersection(large).size / small.size;
  };
}

import type { FileState } from "./scan-tree.ts";

/** What a look found of some names: their state now, or undefined where there is no such file. */
export type Looked = ReadonlyMap<string, FileState | undefined>;

/** A state that is not what was taken last, and since when it has been so. */
export interface Unsettled {
  state: FileState | undefined;
  sinceMs: number;
}

export interface Settled {
  changed: { name: string; state: FileState }[];
  removed: string[];
  /** To be looked at again: files that are still being written, or have just gone and may come back. */
  waiting: Map<string, Unsettled>;
}

/** A file that has not changed for this long is complete; a copy over a slow disk pauses for less. */
export const stableMs = 500;

/**
 * Tells what is to be taken now. A change counts once it has stood still: by a clock that only goes forward, or because
 * the file's own times lie far enough back.
 */
export function settleChanges(facts: {
  looked: Looked;
  /** What was taken last, by name. */
  known: (name: string) => FileState | undefined;
  waiting: ReadonlyMap<string, Unsettled>;
  elapsedMs: number;
  nowMs: number;
}): Settled {
  const { looked, known, waiting, elapsedMs, nowMs } = facts;
  const settled: Settled = { changed: [], removed: [], waiting: new Map() };
  for (const [name, state] of looked) {
    const before = known(name);
    if (isSame(state, before)) continue;
    const earlier = waiting.get(name);
    const sinceMs = earlier !== undefined && isSame(earlier.state, state) ? earlier.sinceMs : elapsedMs;
    const isOld = state !== undefined && nowMs - Math.max(state.changedMs, state.modifiedMs) >= stableMs;
    if (!isOld && elapsedMs - sinceMs < stableMs) settled.waiting.set(name, { state, sinceMs });
    else if (state === undefined) settled.removed.push(name);
    else settled.changed.push({ name, state });
  }
  return settled;
}

function isSame(left: FileState | undefined, right: FileState | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  // Journals of before knew only two of the three.
  const isTouched = right.changedMs !== 0 && left.changedMs !== right.changedMs;
  return left.size === right.size && left.modifiedMs === right.modifiedMs && !isTouched;
}

/** What the plan needs to know of a segment, with the chunks that die now counted as dead. */
export interface PlannedSegment {
  chunkCount: number;
  deadCount: number;
  appended: boolean;
}

/** When an append stops being the cheaper way; see `planSegments`. */
export interface MergeLimits {
  /** Share of all living chunks that may lie in appended segments. */
  appendedShareMax: number;
  /** Share of all stored chunks that may be dead. */
  deadShareMax: number;
  /** Appended segments beside each other. */
  appendedMax: number;
}

/**
 * Each segment is searched by itself, so their number is paid by every search (docs/benchmarks.md), and a graph of a
 * fifth of the rows is built in a fifth of the time: beyond these limits one full build costs less than what it saves.
 */
export const defaultLimits: MergeLimits = { appendedShareMax: 0.2, deadShareMax: 0.1, appendedMax: 8 };

export type SegmentPlan<Of> =
  /** Build everything anew, for this reason. */
  | { kind: "full"; reason: string }
  /** Share `kept`, and write one segment of the new rows and of those that live in `folded`. */
  | { kind: "append"; kept: Of[]; folded: Of[] };

/**
 * Decides how a generation comes from its parent. Where too many small segments have gathered they are folded into the
 * new one, which costs what they hold; a full build comes only when they, or the dead, are too large a part of it.
 */
export function planSegments<Of extends PlannedSegment>(
  segments: readonly Of[],
  addedChunks: number,
  limits: MergeLimits = defaultLimits,
): SegmentPlan<Of> {
  const living = segments.filter(({ chunkCount, deadCount }) => chunkCount > deadCount);
  const appended = living.filter((segment) => segment.appended);
  const base = living.filter((segment) => !segment.appended);
  if (base.length === 0) return { kind: "full", reason: "nothing of the parent is left" };
  const stored = sum(living, ({ chunkCount }) => chunkCount);
  const dead = sum(living, ({ deadCount }) => deadCount);
  const share = (sum(appended, livingOf) + addedChunks) / (stored - dead + addedChunks);
  if (share > limits.appendedShareMax) return { kind: "full", reason: `${percent(share)} would be appended` };
  if (dead / stored > limits.deadShareMax)
    return { kind: "full", reason: `${percent(dead / stored)} are dead` };
  if (addedChunks === 0 || appended.length < limits.appendedMax)
    return { kind: "append", kept: living, folded: [] };
  return { kind: "append", kept: base, folded: appended };
}

function livingOf({ chunkCount, deadCount }: PlannedSegment): number {
  return chunkCount - deadCount;
}

function sum<Of>(values: readonly Of[], of: (value: Of) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

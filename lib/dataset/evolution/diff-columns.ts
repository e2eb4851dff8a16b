import type { Column } from "../column.ts";
import { foldColumnName } from "../column-names.ts";
import { nameSimilarity } from "./name-similarity.ts";
import type { SchemaDrift } from "./schema-drift.ts";

export interface ColumnDiff {
  added: Column[];
  removed: Column[];
  retyped: { column: string; from: Column; to: Column }[];
  /** The surest first; their columns are neither added nor removed. */
  renamed: { from: Column; to: Column; confidence: number }[];
}

/** How much the values of two columns have in common, from 0 to 1; undefined where nobody looked. */
export type ValueOverlap = (from: string, to: string) => number | undefined;

/** Below this a pair is two columns and not one under a new name. */
const confidenceMin = 0.5;
/** The name can make this sure, and the values can. */
const weights = { name: 0.9, values: 0.75 };
/** A renamed column rarely changes its type as well. */
const otherTypeFactor = 0.6;

/** What is different in the columns, with a guess at those that only have another name. */
export function diffColumns(
  before: readonly Column[],
  after: readonly Column[],
  overlap: ValueOverlap = () => undefined,
): ColumnDiff {
  const [old, now] = [byName(before), byName(after)];
  const retyped = before.flatMap((from) => {
    const to = now.get(foldColumnName(from.name));
    return to === undefined || sameType(from, to) ? [] : [{ column: from.name, from, to }];
  });
  const gone = before.filter(({ name }) => !now.has(foldColumnName(name)));
  const come = after.filter(({ name }) => !old.has(foldColumnName(name)));
  const renamed = pairUp(gone, come, overlap);
  return {
    added: come.filter((column) => renamed.every(({ to }) => to !== column)),
    removed: gone.filter((column) => renamed.every(({ from }) => from !== column)),
    retyped,
    renamed,
  };
}

export function driftOf({ added, removed, retyped, renamed }: ColumnDiff): SchemaDrift | undefined {
  if (added.length + removed.length + retyped.length + renamed.length === 0) return undefined;
  return {
    added: added.map(({ name }) => name),
    missing: removed.map(({ name }) => name),
    retyped: retyped.map(({ column, from, to }) => ({ column, from: typeText(from), to: typeText(to) })),
    renamed: renamed.map(({ from, to, confidence }) => ({ from: from.name, to: to.name, confidence })),
  };
}

export function typeText({ type, detail }: Column): string {
  return detail ?? type;
}

export function sameType(left: Column, right: Column): boolean {
  return left.type === right.type && left.detail === right.detail;
}

/** Each column at most once, the surest pairs first. */
function pairUp(
  gone: readonly Column[],
  come: readonly Column[],
  overlap: ValueOverlap,
): ColumnDiff["renamed"] {
  const pairs = gone
    .flatMap((from) => come.map((to) => ({ from, to, confidence: renameConfidence(from, to, overlap) })))
    .filter(({ confidence }) => confidence >= confidenceMin)
    .sort((left, right) => right.confidence - left.confidence);
  const taken = new Set<Column>();
  return pairs.filter(({ from, to }) => {
    if (taken.has(from) || taken.has(to)) return false;
    taken.add(from).add(to);
    return true;
  });
}

function renameConfidence(from: Column, to: Column, overlap: ValueOverlap): number {
  const factor = from.type === to.type ? 1 : otherTypeFactor;
  const byName = weights.name * nameSimilarity(from.name, to.name) * factor;
  const byValues = weights.values * (overlap(from.name, to.name) ?? 0) * factor;
  return Math.round((1 - (1 - byName) * (1 - byValues)) * 100) / 100;
}

function byName(columns: readonly Column[]): Map<string, Column> {
  return new Map(columns.map((column) => [foldColumnName(column.name), column]));
}

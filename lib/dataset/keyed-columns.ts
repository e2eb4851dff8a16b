import { findColumn, requireColumn } from "./column-names.ts";
import type { Column, ColumnType } from "./dataset-version.ts";
import { mergeColumns } from "./merge-columns.ts";

/** Within a family a key keeps the dataset's type, as long as each value comes through the conversion unchanged. */
const families: ReadonlySet<ColumnType>[] = [
  new Set(["bigint", "double", "decimal"]),
  new Set(["date", "timestamp"]),
];

/**
 * The columns of a dataset after rows joined it that are found by a key. As `mergeColumns`, but for the key itself: a
 * whole number that comes as a double must meet the whole number that is there, and never one that is only near it.
 */
export function mergeKeyedColumns(
  current: readonly Column[],
  added: readonly Column[],
  keyName: string,
): Column[] {
  const before = findColumn(current, keyName);
  const merged = mergeColumns(current, added);
  if (before === undefined) return merged;
  const incoming = requireColumn(added, keyName, "key");
  const isKept = families.some((family) => family.has(before.type) && family.has(incoming.type));
  return isKept ? merged.map((column) => (column.name === before.name ? before : column)) : merged;
}

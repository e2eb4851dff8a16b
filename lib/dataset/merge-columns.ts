import { foldColumnName } from "./column-names.ts";
import type { Column } from "./dataset-version.ts";

/**
 * The columns of a dataset after rows with other columns joined it: by name, those there were first and in their
 * order. Two types become the narrowest of ours that shows both: bigint and double are double, others are varchar.
 */
export function mergeColumns(current: readonly Column[], added: readonly Column[]): Column[] {
  const incoming = new Map(added.map((column) => [foldColumnName(column.name), column]));
  const kept = current.map((column) => {
    const other = incoming.get(foldColumnName(column.name));
    incoming.delete(foldColumnName(column.name));
    return other === undefined ? column : { name: column.name, ...mergeTypes(column, other) };
  });
  return [...kept, ...incoming.values()];
}

function mergeTypes(left: Column, right: Column): Omit<Column, "name"> {
  if (left.type === right.type && left.detail === right.detail) {
    return { type: left.type, ...(left.detail === undefined ? {} : { detail: left.detail }) };
  }
  const types = new Set([left.type, right.type]);
  if (types.size === 2 && types.has("bigint") && types.has("double")) return { type: "double" };
  return { type: types.size === 1 && left.type !== "decimal" ? left.type : "varchar" };
}

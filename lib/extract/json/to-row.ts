import type { DuckDBValue } from "@duckdb/node-api";
import type { Column, ColumnType } from "../../dataset/dataset-version.ts";

/** JSON leaves as the values of their columns, and about how much text they are. */
export function toRow(leaves: readonly unknown[], columns: readonly Column[]): [DuckDBValue[], number] {
  let textLength = 0;
  const values = leaves.map((leaf, column) => {
    const value = toValue(leaf, columns[column]!.type);
    if (typeof value === "string") textLength += value.length;
    return value;
  });
  return [values, textLength];
}

function toValue(leaf: unknown, type: ColumnType): DuckDBValue {
  if (leaf === null) return null;
  if (type === "json") return JSON.stringify(leaf);
  if (type === "bigint") return BigInt(numberText(leaf));
  if (type === "varchar") return typeof leaf === "string" ? leaf : numberText(leaf);
  if (type === "boolean") return leaf === true;
  return Number(leaf);
}

function numberText(leaf: unknown): string {
  return JSON.isRawJSON(leaf) ? leaf.rawJSON : String(leaf);
}

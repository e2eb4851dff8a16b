import type { Column } from "./dataset-version.ts";
import type { PlainValue } from "./plain-value.ts";

export type PlainRow = Record<string, PlainValue>;

/** A row as JSON can say it: integers beyond 2^53 and doubles that are no number are text, `json` columns are parsed. */
export function jsonSafeRow(row: PlainRow, columns: readonly Column[]): Record<string, unknown> {
  const json = new Set(columns.filter(({ type }) => type === "json").map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, safeValue(value, json.has(name))]),
  );
}

function safeValue(value: PlainValue, isJson: boolean): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (isJson && typeof value === "string") return JSON.parse(value);
  return value;
}

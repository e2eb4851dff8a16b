import type { Column, ColumnType } from "./dataset-version.ts";

const sqlTypes: Record<Exclude<ColumnType, "decimal">, string> = {
  boolean: "BOOLEAN",
  bigint: "BIGINT",
  double: "DOUBLE",
  date: "DATE",
  time: "TIME",
  timestamp: "TIMESTAMP",
  timestamptz: "TIMESTAMPTZ",
  uuid: "UUID",
  varchar: "VARCHAR",
  json: "JSON",
  blob: "BLOB",
};

/** Where a decimal column does not say its scale; the engine's own default. */
const defaultDecimal = "DECIMAL(18,3)";

/** The engine's name for a column's type. A `detail` that is no plain decimal type is never put into SQL. */
export function columnSqlType(column: Column): string {
  if (column.type !== "decimal") return sqlTypes[column.type];
  const size = decimalSize(column);
  return size === undefined ? defaultDecimal : `DECIMAL(${size.precision},${size.scale})`;
}

export function decimalSize(column: Column): { precision: number; scale: number } | undefined {
  const match = /^DECIMAL\((\d{1,2}),\s*(\d{1,2})\)$/i.exec(column.detail ?? "");
  return match === null ? undefined : { precision: Number(match[1]), scale: Number(match[2]) };
}

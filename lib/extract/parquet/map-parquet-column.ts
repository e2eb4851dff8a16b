import type { Column, ColumnType } from "../../dataset/dataset-version.ts";
import { sqlIdentifier } from "../../dataset/sql-quote.ts";

export interface MappedColumn {
  type: ColumnType;
  detail?: string;
  /** The column as the type in which it is staged. */
  sql: string;
}

const sameTypes: Record<string, ColumnType> = {
  BOOLEAN: "boolean",
  BIGINT: "bigint",
  DOUBLE: "double",
  DATE: "date",
  TIME: "time",
  TIMESTAMP: "timestamp",
  "TIMESTAMP WITH TIME ZONE": "timestamptz",
  UUID: "uuid",
  VARCHAR: "varchar",
  BLOB: "blob",
};

const widenedTypes: Record<string, { type: ColumnType; sql: string; detail?: string }> = {
  TINYINT: { type: "bigint", sql: "BIGINT" },
  SMALLINT: { type: "bigint", sql: "BIGINT" },
  INTEGER: { type: "bigint", sql: "BIGINT" },
  UTINYINT: { type: "bigint", sql: "BIGINT" },
  USMALLINT: { type: "bigint", sql: "BIGINT" },
  UINTEGER: { type: "bigint", sql: "BIGINT" },
  UBIGINT: { type: "decimal", sql: "DECIMAL(20,0)", detail: "DECIMAL(20,0)" },
  FLOAT: { type: "double", sql: "DOUBLE" },
  TIMESTAMP_S: { type: "timestamp", sql: "TIMESTAMP" },
  TIMESTAMP_MS: { type: "timestamp", sql: "TIMESTAMP" },
  JSON: { type: "json", sql: "VARCHAR" },
};

const nested = /^(STRUCT|MAP|UNION|VARIANT)\b|\[\d*\]$/;

/** The dataset's type of an engine's type, without loss; nested values become JSON, what has no place becomes text. */
export function mapParquetColumn(name: string, engineType: string): MappedColumn {
  const column = sqlIdentifier(name);
  const same = sameTypes[engineType];
  if (same !== undefined) return { type: same, sql: column };
  const widened = widenedTypes[engineType];
  if (widened !== undefined) {
    const { type, sql, detail } = widened;
    return { type, sql: `CAST(${column} AS ${sql})`, ...(detail === undefined ? {} : { detail }) };
  }
  if (engineType.startsWith("DECIMAL(")) return { type: "decimal", detail: engineType, sql: column };
  if (nested.test(engineType)) {
    return { type: "json", sql: `CASE WHEN ${column} IS NOT NULL THEN to_json(${column})::VARCHAR END` };
  }
  // Nanoseconds, which a TIMESTAMP would cut off, and rarities such as intervals.
  return { type: "varchar", sql: `CAST(${column} AS VARCHAR)` };
}

/** The column as the dataset describes it. */
export function describedColumn(name: string, mapped: MappedColumn): Column {
  return { name, type: mapped.type, ...(mapped.detail === undefined ? {} : { detail: mapped.detail }) };
}

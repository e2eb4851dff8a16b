import type { DuckDBValue } from "@duckdb/node-api";
import { columnSqlType, decimalSize } from "./column-sql-type.ts";
import type { Column } from "./dataset-version.ts";

/**
 * A row's value outside the engine. Integers are numbers up to 2^53 and bigints beyond; decimals of up to 15 digits
 * are numbers and wider ones text; dates, times and points in time are ISO 8601 text (`timestamptz` in UTC, with `Z`);
 * `json` is its text; a blob is base64.
 */
export type PlainValue = string | number | bigint | boolean | null;

/** A double shows every decimal of up to 15 digits again as it was. */
const exactDecimalDigits = 15;

/** SQL that turns a stored column into what `plainValue` reads. */
export function plainValueSql(column: Column, value: string): string {
  const typed = `CAST(${value} AS ${columnSqlType(column)})`;
  switch (column.type) {
    case "boolean":
    case "bigint":
    case "double":
      return typed;
    case "decimal": {
      const precision = decimalSize(column)?.precision ?? exactDecimalDigits + 1;
      return `CAST(${typed} AS ${precision <= exactDecimalDigits ? "DOUBLE" : "VARCHAR"})`;
    }
    case "timestamp":
      return `replace(CAST(${typed} AS VARCHAR), ' ', 'T')`;
    case "timestamptz":
      // An infinite one is in no zone.
      return `CASE WHEN isfinite(${typed}) THEN replace(CAST(${typed} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || 'Z'
        ELSE CAST(${typed} AS VARCHAR) END`;
    case "blob":
      return `to_base64(${typed})`;
    default:
      return `CAST(${typed} AS VARCHAR)`;
  }
}

export function plainValue(raw: DuckDBValue): PlainValue {
  if (typeof raw === "bigint") {
    const narrow = Number(raw);
    return Number.isSafeInteger(narrow) ? narrow : raw;
  }
  if (raw === null || typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean") {
    return raw;
  }
  throw new Error(`a plain column gave a ${typeof raw}`);
}

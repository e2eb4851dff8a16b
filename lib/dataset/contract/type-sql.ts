import type { Column, ColumnType } from "../column.ts";
import { columnSqlType } from "../column-sql-type.ts";
import { sqlLiteral } from "../sql-quote.ts";

const numberText = String.raw`[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?`;
/** The engine reads more as a value of these types than people mean by them: 1_000 as a number, 1.5 as 2. */
const texts: Partial<Record<ColumnType, string>> = {
  boolean: "(?i)true|false|t|f|1|0",
  bigint: String.raw`[+-]?\d{1,19}`,
  double: numberText,
  decimal: numberText,
  date: String.raw`\d{4}-\d{2}-\d{2}`,
  time: String.raw`\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?`,
  timestamp: String.raw`\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?`,
  timestamptz: String.raw`\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?`,
};

/** Types whose every value is one of the other type as well. */
const widenings: Partial<Record<ColumnType, readonly ColumnType[]>> = {
  double: ["bigint", "decimal"],
  decimal: ["bigint", "double"],
  timestamp: ["date"],
  timestamptz: ["date", "timestamp"],
};

/** Whether a stored value can be read as the type without a loss; undefined where all of them can. */
export function isTypeSql(type: ColumnType, stored: Column, value: string): string | undefined {
  if (type === stored.type || type === "varchar" || widenings[type]?.includes(stored.type)) return undefined;
  const text = `CAST(${value} AS VARCHAR)`;
  if (type === "json") return `json_valid(${text})`;
  if (type === "bigint" && (stored.type === "double" || stored.type === "decimal")) return integralSql(value);
  const castable = `TRY_CAST(${text} AS ${columnSqlType({ name: stored.name, type })}) IS NOT NULL`;
  const shape = texts[type];
  if (shape === undefined) return castable;
  // A decimal may have more digits than any of the engine's types; what is asked is whether it is a number.
  const isNumber = type === "decimal" ? `TRY_CAST(${text} AS DOUBLE) IS NOT NULL` : castable;
  return `regexp_full_match(${text}, ${sqlLiteral(shape)}) AND ${isNumber}`;
}

/** The value as a number; null where it is none. */
export function numberSql(stored: Column, value: string): string {
  if (stored.type === "bigint" || stored.type === "double" || stored.type === "decimal") {
    return `CAST(${value} AS DOUBLE)`;
  }
  const text = `CAST(${value} AS VARCHAR)`;
  return `CASE WHEN regexp_full_match(${text}, ${sqlLiteral(numberText)}) THEN TRY_CAST(${text} AS DOUBLE) END`;
}

function integralSql(value: string): string {
  return `(CAST(${value} AS DOUBLE) = trunc(CAST(${value} AS DOUBLE)) AND abs(CAST(${value} AS DOUBLE)) < 9.2e18)`;
}

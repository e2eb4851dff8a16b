import { sqlIdentifier, sqlLiteral } from "../../dataset/sql-quote.ts";
import { type CsvType, doubleDigitsMax, patterns } from "./value-type.ts";

/** The text column as its type; a value that does not fit, the quoted empty text included, ends the query. */
export function typedColumnSql(name: string, type: CsvType): string {
  const column = sqlIdentifier(name);
  if (type === "varchar") return column;
  return `CASE WHEN ${fits(column, type)} THEN ${cast(column, type)} WHEN ${column} IS NULL THEN NULL ELSE error('a value does not fit its column') END AS ${column}`;
}

/** Whether every value of the text column fits the type, as an aggregate that is null for no rows. */
export function allFitSql(name: string, type: CsvType): string {
  const column = sqlIdentifier(name);
  return `bool_and(${column} IS NULL OR coalesce(${fits(column, type)}, false))`;
}

function cast(column: string, type: CsvType): string {
  return `TRY_CAST(${column} AS ${type.toUpperCase()})`;
}

function fits(column: string, type: CsvType): string {
  // Printing the number again is quicker than a pattern and refuses what does not read back the same.
  if (type === "bigint") return `${cast(column, type)}::VARCHAR = ${column}`;
  if (type === "date") return `length(${column}) = 10 AND ${cast(column, type)}::VARCHAR = ${column}`;
  if (type === "varchar") return "true";
  const matches = `regexp_full_match(${column}, ${sqlLiteral(patterns[type])})`;
  if (type === "boolean") return matches;
  if (type === "timestamp") return `${matches} AND ${cast(column, type)} IS NOT NULL`;
  const signs = `(contains(${column}, '.'))::INTEGER + (${column}[1] = '-')::INTEGER`;
  return `${matches} AND strlen(${column}) <= ${doubleDigitsMax} + ${signs} AND ${cast(column, type)} IS NOT NULL`;
}

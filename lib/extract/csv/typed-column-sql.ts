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
  if (type === "varchar") return "true";
  // The six usual spellings come first, which saves the pattern on nearly every value.
  if (type === "boolean") {
    return `(${column} IN ('true', 'false', 'TRUE', 'FALSE', 'True', 'False') OR ${matches(column, type)})`;
  }
  // Printing the value again is quicker than a pattern and refuses what does not read back the same.
  const printsAlike = `${cast(column, type)}::VARCHAR = ${column}`;
  if (type === "bigint") return printsAlike;
  if (type === "date") return `length(${column}) = 10 AND ${printsAlike}`;
  const isRead = `${cast(column, type)} IS NOT NULL`;
  // Years past 9999 print with as many digits, so the length counts.
  if (type === "timestamp") {
    return `((strlen(${column}) = 19 AND ${printsAlike}) OR (${matches(column, type)} AND ${isRead}))`;
  }
  const marks = `(contains(${column}, '.'))::INTEGER + (${column}[1] = '-')::INTEGER`;
  const fewDigits = `(strlen(${column}) <= ${doubleDigitsMax} OR strlen(${column}) <= ${doubleDigitsMax} + ${marks})`;
  return `${fewDigits} AND ${matches(column, type)} AND ${isRead}`;
}

function matches(column: string, type: keyof typeof patterns): string {
  return `regexp_full_match(${column}, ${sqlLiteral(patterns[type])})`;
}

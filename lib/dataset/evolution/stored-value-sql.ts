import type { Column } from "../column.ts";
import { findColumn, foldColumnName } from "../column-names.ts";
import { columnSqlType } from "../column-sql-type.ts";
import { sqlIdentifier, sqlLiteral } from "../sql-quote.ts";
import type { EvolvedColumn } from "./evolution.ts";

/** SQL for a dataset's column in one file, NULL where the file has none; it is still to be cast to the column's type. */
export function storedValueSql(
  column: Column,
  file: { columns: readonly Column[]; evolved?: readonly EvolvedColumn[] | undefined },
): string {
  const folded = foldColumnName(column.name);
  const evolved = file.evolved?.find((source) => foldColumnName(source.column) === folded);
  if (evolved === undefined) return identifierOf(findColumn(file.columns, column.name)?.name ?? null);
  const type = columnSqlType(column);
  const stored = identifierOf(evolved.from);
  const value = evolved.lenient ? `TRY_CAST(${stored} AS ${type})` : stored;
  if (evolved.value === undefined) return value;
  return `coalesce(TRY_CAST(${value} AS ${type}), TRY_CAST(${sqlLiteral(String(evolved.value))} AS ${type}))`;
}

function identifierOf(name: string | null): string {
  return name === null ? "NULL" : sqlIdentifier(name);
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { DomainError } from "../errors/domain-error.ts";
import { requireColumn } from "./column-names.ts";
import { columnSqlType } from "./column-sql-type.ts";
import type { Column } from "./dataset-version.ts";
import { castColumnsSql } from "./scan-sql.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

export interface StagedKeys {
  /** The Parquet file of the new rows. */
  path: string;
  /** Its own columns. */
  stagedColumns: readonly Column[];
  /** The key column as the dataset has it. */
  key: Column;
}

/**
 * Makes the table `incoming(k, n, first_n, rows)`: each key of the staged rows with the last and the first of the rows
 * that have it, by number from 0. Throws `invalid`: `upsert-key-null`, and `key-type` where a value of another type has
 * no equal in the key's own.
 */
export async function createIncoming(connection: DuckDBConnection, input: StagedKeys): Promise<void> {
  await assertConvertible(connection, input);
  const key = castColumnsSql([input.key], input.stagedColumns);
  await connection.run(`CREATE TABLE incoming AS
    SELECT ${keySql(input.key, sqlIdentifier(input.key.name))} AS k, max(n) AS n, min(n) AS first_n, count(*) AS rows
    FROM (SELECT ${key}, file_row_number AS n FROM ${stagedSql(input.path)}) GROUP BY k`);
  const row = await firstNumber(connection, "SELECT first_n FROM incoming WHERE k IS NULL");
  if (row === undefined) return;
  throw keyError({
    type: "upsert-key-null",
    message: `Row ${row + 1} has no value in the key column ${JSON.stringify(input.key.name)}.`,
    place: { row: row + 1, column: input.key.name },
    remedy: "Give every row a key, or choose a key column that is never empty.",
  });
}

/** Pairs of rows that a message names; more would say nothing new. */
const duplicatesShown = 5;

/** Where the staged rows are the whole truth, two rows of one key cannot both be. Throws `invalid`, `sync-key-duplicate`. */
export async function assertUniqueKeys(connection: DuckDBConnection, key: Column): Promise<void> {
  const reader = await connection.runAndReadAll(`SELECT CAST(k AS VARCHAR), CAST(first_n AS DOUBLE),
    CAST(n AS DOUBLE), CAST(count(*) OVER () AS DOUBLE) FROM incoming WHERE rows > 1 ORDER BY first_n LIMIT ${duplicatesShown}`);
  const found = reader.getRows();
  const [first] = found;
  if (first === undefined) return;
  const shown = found.map(
    ([value, one, other]) => `${Number(one) + 1} and ${Number(other) + 1} (${JSON.stringify(value)})`,
  );
  const hidden = Number(first[3]) - found.length;
  throw keyError({
    type: "sync-key-duplicate",
    message: `Rows have one key in the column ${JSON.stringify(key.name)}: ${shown.join(", ")}${hidden > 0 ? ` and ${hidden} more keys` : ""}.`,
    place: { row: Number(first[2]) + 1, column: key.name },
    remedy: "Send each key once, or choose a column that tells the rows apart.",
  });
}

/** Equal JSON is equal text here, and the engine compares JSON only as text. */
export function keySql(key: Column, value: string): string {
  return `CAST(${value} AS ${key.type === "json" ? "VARCHAR" : columnSqlType(key)})`;
}

export function stagedSql(path: string): string {
  return `read_parquet(${sqlLiteral(path)}, file_row_number=true)`;
}

async function assertConvertible(connection: DuckDBConnection, input: StagedKeys): Promise<void> {
  const { key, stagedColumns, path } = input;
  const staged = requireColumn(stagedColumns, key.name, "key");
  const isSame = staged.type === key.type && staged.detail === key.detail;
  if (isSame || key.type === "varchar" || key.type === "json") return;
  const value = sqlIdentifier(staged.name);
  const converted = `TRY_CAST(${value} AS ${columnSqlType(key)})`;
  const row = await firstNumber(
    connection,
    `SELECT min(file_row_number) FROM ${stagedSql(path)} WHERE ${value} IS NOT NULL
      AND (${converted} IS NULL OR TRY_CAST(${converted} AS ${columnSqlType(staged)}) IS DISTINCT FROM ${value})`,
  );
  if (row === undefined) return;
  throw keyError({
    type: "key-type",
    message: `The key column ${JSON.stringify(key.name)} is ${key.type} and comes as ${staged.type}; row ${row + 1} has no equal there.`,
    place: { row: row + 1, column: key.name },
    remedy: "Send the keys in the type that the dataset has, or replace the dataset as a whole.",
  });
}

async function firstNumber(connection: DuckDBConnection, sql: string): Promise<number | undefined> {
  const value = (await connection.runAndReadAll(sql)).getRows()[0]?.[0];
  return value === undefined || value === null ? undefined : Number(value);
}

function keyError(problem: {
  type: string;
  message: string;
  place: { row: number; column: string };
  remedy: string;
}): DomainError {
  return new DomainError({ kind: "invalid", field: "key", ...problem });
}

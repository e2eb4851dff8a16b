import type { DuckDBConnection } from "@duckdb/node-api";
import { foldColumnName } from "./column-names.ts";
import type { Column, DatasetVersion } from "./dataset-version.ts";
import { assertUniqueKeys, createIncoming, keySql, stagedSql } from "./incoming-keys.ts";
import { castColumnsSql, datasetScanSql } from "./scan-sql.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

/** Live rows that go beside those that a new row replaces: none, all whose key no new row has, or those of these keys. */
export type Leaving = "none" | "absent" | readonly string[];

/** The rows to upsert and the rows they meet. */
export interface UpsertInput {
  /** The Parquet file of the new rows. */
  path: string;
  /** Its own columns. */
  stagedColumns: readonly Column[];
  /** The dataset's columns after this write. */
  columns: Column[];
  key: Column;
  leaving: Leaving;
  current: Pick<DatasetVersion, "files" | "tombstones">;
  localPath: (fileKey: string) => string;
}

/** Folders give these for each document; touching a file changes its time and nothing that is worth a new row. */
const documentColumns = ["path", "content_hash", "modified_at", "content"];

/**
 * Makes four tables. `incoming(k, n)`: each key with the last of the new rows that has it, by number from 0.
 * `matched(n, row_id)`: the live rows with such a key. `unchanged(n, row_id)`: those of them that are the key's only
 * live row and equal the new row in all columns. `gone(row_id)`: the live rows that leave without a new row of their
 * key. Besides the keys it reads only what matches.
 */
export async function createUpsertTables(connection: DuckDBConnection, input: UpsertInput): Promise<void> {
  const { leaving, key } = input;
  await createIncoming(connection, input);
  if (leaving === "absent") await assertUniqueKeys(connection, key);
  await createMet(connection, input);
  await connection.run("CREATE TABLE matched AS SELECT n, row_id FROM met WHERE n IS NOT NULL");
  await connection.run("CREATE TABLE gone AS SELECT row_id FROM met WHERE n IS NULL");
  await createUnchanged(connection, input);
}

/** `met(row_id, n)`: the live rows that this write may touch, each with its new row or with none. */
async function createMet(connection: DuckDBConnection, input: UpsertInput): Promise<void> {
  const { leaving, key, current, localPath } = input;
  const live = datasetScanSql({ ...current, columns: [key] }, localPath);
  const value = keySql(key, `live.${sqlIdentifier(key.name)}`);
  const isNamed = typeof leaving !== "string";
  if (isNamed) await createDeparting(connection, key, leaving);
  const kind = leaving === "none" ? "JOIN" : "LEFT JOIN";
  const named = isNamed ? `WHERE incoming.n IS NOT NULL OR ${value} IN (SELECT k FROM departing)` : "";
  await connection.run(`CREATE TABLE met AS
    SELECT incoming.n, live._row_id AS row_id FROM (${live}) AS live
    ${kind} incoming ON ${value} = incoming.k ${named}`);
}

/** Names in one statement: about a megabyte of SQL. */
const keysPerStatement = 10_000;

async function createDeparting(
  connection: DuckDBConnection,
  key: Column,
  keys: readonly string[],
): Promise<void> {
  await connection.run(`CREATE TABLE departing AS SELECT k FROM incoming LIMIT 0`);
  for (let first = 0; first < keys.length; first += keysPerStatement) {
    const values = keys.slice(first, first + keysPerStatement).map((value) => `(${sqlLiteral(value)})`);
    await connection.run(
      `INSERT INTO departing SELECT ${keySql(key, "v")} FROM (VALUES ${values.join(", ")}) AS t(v)`,
    );
  }
}

async function createUnchanged(connection: DuckDBConnection, input: UpsertInput): Promise<void> {
  const columns = comparedColumns(input.columns);
  const live = datasetScanSql(
    { files: await matchedFiles(connection, input), tombstones: [], columns },
    input.localPath,
  );
  const staged = `SELECT ${[...castColumnsSql(columns, input.stagedColumns), "file_row_number AS n"].join(", ")}
    FROM ${stagedSql(input.path)}`;
  const equal = columns.map(({ name }) => {
    const column = sqlIdentifier(name);
    return `live.${column} IS NOT DISTINCT FROM staged.${column}`;
  });
  await connection.run(`CREATE TABLE unchanged AS
    SELECT single.n, single.row_id
    FROM (SELECT n, min(row_id) AS row_id FROM matched GROUP BY n HAVING count(*) = 1) AS single
    JOIN (${live}) AS live ON live._row_id = single.row_id
    JOIN (${staged}) AS staged ON staged.n = single.n
    WHERE ${equal.join(" AND ")}`);
}

/** Files without a matching row need not be opened for the comparison. */
async function matchedFiles(connection: DuckDBConnection, input: UpsertInput) {
  const { files } = input.current;
  if (files.length === 0) return [];
  const firstRowIds = files.map((file) => `(${file.firstRowId})`).join(", ");
  const reader = await connection.runAndReadAll(`SELECT DISTINCT CAST(f.first AS DOUBLE)
    FROM matched ASOF JOIN (VALUES ${firstRowIds}) AS f(first) ON matched.row_id >= f.first`);
  const matched = new Set(reader.getRows().map((row) => Number(row[0])));
  return files.filter((file) => file.rowCount > 0 && matched.has(file.firstRowId));
}

function comparedColumns(columns: Column[]): Column[] {
  const names = new Set(columns.map((column) => foldColumnName(column.name)));
  const isDocument = documentColumns.every((name) => names.has(name));
  return isDocument ? columns.filter((column) => foldColumnName(column.name) !== "modified_at") : columns;
}

import type { DuckDBConnection } from "@duckdb/node-api";
import { DomainError } from "../errors/domain-error.ts";
import { foldColumnName } from "./column-names.ts";
import { columnSqlType } from "./column-sql-type.ts";
import type { Column, DatasetVersion } from "./dataset-version.ts";
import { castColumnsSql, datasetScanSql } from "./scan-sql.ts";
import { sqlIdentifier, sqlLiteral } from "./sql-quote.ts";

/** The rows to upsert and the rows they meet. */
export interface UpsertInput {
  /** The Parquet file of the new rows. */
  path: string;
  /** Its own columns. */
  stagedColumns: readonly Column[];
  /** The dataset's columns after this write. */
  columns: Column[];
  key: Column;
  current: Pick<DatasetVersion, "files" | "tombstones">;
  localPath: (fileKey: string) => string;
}

/** Folders give these for each document; touching a file changes its time and nothing that is worth a new row. */
const documentColumns = ["path", "content_hash", "modified_at", "content"];

/**
 * Makes three tables. `incoming(k, n)`: each key with the last of the new rows that has it, by number from 0.
 * `matched(n, row_id)`: the live rows with such a key. `unchanged(n, row_id)`: those of them that are the key's only
 * live row and equal the new row in all columns. Besides the keys it reads only what matches.
 */
export async function createUpsertTables(connection: DuckDBConnection, input: UpsertInput): Promise<void> {
  await createIncoming(connection, input);
  const live = datasetScanSql({ ...input.current, columns: [input.key] }, input.localPath);
  await connection.run(`CREATE TABLE matched AS
    SELECT incoming.n, live._row_id AS row_id FROM (${live}) AS live
    JOIN incoming ON ${keySql(input.key, `live.${sqlIdentifier(input.key.name)}`)} = incoming.k`);
  await createUnchanged(connection, input);
}

async function createIncoming(connection: DuckDBConnection, input: UpsertInput): Promise<void> {
  const key = castColumnsSql([input.key], input.stagedColumns);
  await connection.run(`CREATE TABLE incoming AS
    SELECT ${keySql(input.key, sqlIdentifier(input.key.name))} AS k, max(n) AS n, min(n) AS first_n
    FROM (SELECT ${key}, file_row_number AS n FROM ${stagedSql(input.path)}) GROUP BY k`);
  const missing = await connection.runAndReadAll("SELECT first_n FROM incoming WHERE k IS NULL");
  const row = missing.getRows()[0]?.[0];
  if (row === undefined) return;
  throw new DomainError({
    kind: "invalid",
    type: "upsert-key-null",
    message: `Row ${Number(row) + 1} has no value in the key column ${JSON.stringify(input.key.name)}.`,
    field: "key",
    place: { row: Number(row) + 1, column: input.key.name },
    remedy: "Give every row a key, or choose a key column that is never empty.",
  });
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

/** Equal JSON is equal text here, and the engine compares JSON only as text. */
function keySql(key: Column, value: string): string {
  return `CAST(${value} AS ${key.type === "json" ? "VARCHAR" : columnSqlType(key)})`;
}

function stagedSql(path: string): string {
  return `read_parquet(${sqlLiteral(path)}, file_row_number=true)`;
}

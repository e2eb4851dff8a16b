import path from "node:path";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { sqlIdentifier, sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import type { StagedRows } from "@lakefleet/lib/dataset/staged-rows.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";

type Value = string | number | bigint | boolean | null;

/** Writes rows as an extraction would: a Parquet file in a scratch folder of the store. */
export async function stageRows(
  store: ObjectStore,
  columns: Column[],
  rows: readonly (readonly Value[])[],
): Promise<StagedRows> {
  const list = columns.map(
    (column, index) => `CAST(v${index} AS ${sqlType(column)}) AS ${sqlIdentifier(column.name)}`,
  );
  const names = columns.map((_, index) => `v${index}`).join(", ");
  const nulls = columns.map(() => "NULL").join(", ");
  const tuples = rows.map((row) => `(${row.map(literal).join(", ")})`);
  const source =
    rows.length === 0
      ? `(SELECT * FROM (VALUES (${nulls})) AS one(${names}) WHERE false)`
      : `(VALUES ${tuples.join(", ")})`;
  return stageQuery(store, columns, `SELECT ${list.join(", ")} FROM ${source} AS t(${names})`);
}

/** The same from a query whose result has the given columns. */
export async function stageQuery(store: ObjectStore, columns: Column[], sql: string): Promise<StagedRows> {
  const parquetPath = path.join(await store.scratch(), "rows.parquet");
  const rowCount = await withDuckDb({ memoryMib: 256, threads: 1 }, async (connection) => {
    const reader = await connection.runAndReadAll(
      `COPY (${sql}) TO ${sqlLiteral(parquetPath)} (FORMAT parquet)`,
    );
    return Number(reader.getRows()[0]?.[0]);
  });
  return { parquetPath, columns, rowCount };
}

function literal(value: Value): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? sqlLiteral(value) : String(value);
}

function sqlType(column: Column): string {
  return column.detail ?? column.type;
}

import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Column, DatasetVersion } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { materializeDataset } from "./materialize-dataset.ts";
import { sqlLiteral } from "./sql-quote.ts";
import { createUpsertTables, type Leaving } from "./upsert-tables.ts";

export interface UpsertPlan {
  /** Keys that no live row had. */
  rowsAdded: number;
  /** Keys whose row is another one now. */
  rowsUpdated: number;
  /** Live rows that went without a successor: further rows of an updated key, and rows that were to leave. */
  rowsRemoved: number;
  /** Live rows that stay under their id because the new row of their key is equal. */
  rowsUnchanged: number;
  /** Absent where the staged file is to be published as it is; with no rows there is nothing to publish. */
  rewritten?: { path: string; rowCount: number };
  /** Row ids that are dead from now on, in the old files and in the new one. */
  tombstones?: { path: string; rowCount: number };
}

/** Decides which of the staged rows become live and which live rows die, and writes both as files into `scratch`. */
export async function planUpsert(options: {
  store: ObjectStore;
  current: Pick<DatasetVersion, "files" | "tombstones">;
  nextRowId: number;
  columns: Column[];
  key: Column;
  leaving: Leaving;
  staged: { path: string; columns: readonly Column[]; rowCount: number };
  scratch: string;
  memoryMib: number;
  signal?: AbortSignal | undefined;
}): Promise<UpsertPlan> {
  const { store, current, staged, scratch, memoryMib, signal } = options;
  const localPath = await materializeDataset(store, current);
  const engine = { memoryMib, tempFolder: path.join(scratch, "spill"), signal };
  return withDuckDb(engine, async (connection) => {
    const { path: stagedPath, columns: stagedColumns } = staged;
    await createUpsertTables(connection, { ...options, path: stagedPath, stagedColumns, localPath });
    await connection.run("CREATE TABLE kept AS SELECT n FROM incoming ANTI JOIN unchanged USING (n)");
    const counts = await countRows(connection);
    const rewritten = isWorthRewriting(counts.kept, staged.rowCount)
      ? await rewriteKept(connection, { stagedPath, rowCount: counts.kept, scratch })
      : undefined;
    const firstNewRowId = rewritten === undefined ? options.nextRowId : undefined;
    const tombstones = await writeTombstones(connection, { ...options, firstNewRowId });
    const { kept: _kept, ...told } = counts;
    return {
      ...told,
      ...(rewritten === undefined ? {} : { rewritten }),
      ...(tombstones === undefined ? {} : { tombstones }),
    };
  });
}

/** Dead rows in a new file cost every later scan; copying the living ones costs once, and no more than the change. */
function isWorthRewriting(keptRows: number, stagedRows: number): boolean {
  return keptRows * 2 < stagedRows;
}

async function countRows(connection: DuckDBConnection) {
  const reader = await connection.runAndReadAll(`SELECT
    CAST((SELECT count(*) FROM kept) AS DOUBLE),
    CAST((SELECT count(*) FROM incoming) - (SELECT count(DISTINCT n) FROM matched) AS DOUBLE),
    CAST((SELECT count(*) FROM matched) - (SELECT count(*) FROM unchanged) AS DOUBLE),
    CAST((SELECT count(*) FROM gone) AS DOUBLE), CAST((SELECT count(*) FROM unchanged) AS DOUBLE)`);
  const counts = (reader.getRows()[0] ?? []).map(Number);
  const [kept = 0, rowsAdded = 0, replaced = 0, gone = 0, rowsUnchanged = 0] = counts;
  const rowsUpdated = kept - rowsAdded;
  return { kept, rowsAdded, rowsUpdated, rowsRemoved: replaced - rowsUpdated + gone, rowsUnchanged };
}

async function rewriteKept(
  connection: DuckDBConnection,
  options: { stagedPath: string; rowCount: number; scratch: string },
): Promise<{ path: string; rowCount: number }> {
  const target = path.join(options.scratch, "kept.parquet");
  if (options.rowCount > 0) {
    const staged = `read_parquet(${sqlLiteral(options.stagedPath)}, file_row_number=true)`;
    await connection.run(`COPY (
      SELECT staged.* EXCLUDE (file_row_number) FROM ${staged} AS staged
      SEMI JOIN kept ON staged.file_row_number = kept.n ORDER BY staged.file_row_number
    ) TO ${sqlLiteral(target)} (FORMAT parquet, COMPRESSION zstd)`);
  }
  return { path: target, rowCount: options.rowCount };
}

/** `firstNewRowId` is the id of the staged file's first row; absent where the file holds no row that must die. */
async function writeTombstones(
  connection: DuckDBConnection,
  options: { firstNewRowId: number | undefined; staged: { rowCount: number }; scratch: string },
): Promise<{ path: string; rowCount: number } | undefined> {
  const { firstNewRowId, staged } = options;
  const replaced = "SELECT row_id FROM matched ANTI JOIN unchanged USING (row_id)";
  const dropped =
    firstNewRowId === undefined
      ? ""
      : `UNION ALL SELECT ${firstNewRowId} + n AS row_id FROM range(${staged.rowCount}) AS all_rows(n)
         ANTI JOIN kept USING (n)`;
  return copyTombstones(
    connection,
    `${replaced} UNION ALL SELECT row_id FROM gone ${dropped}`,
    options.scratch,
  );
}

/** Writes the row ids that the query gives as a file of tombstones; undefined where it gives none. */
export async function copyTombstones(
  connection: DuckDBConnection,
  sql: string,
  scratch: string,
): Promise<{ path: string; rowCount: number } | undefined> {
  await connection.run(`CREATE TABLE dead AS ${sql}`);
  const count = await connection.runAndReadAll("SELECT CAST(count(*) AS DOUBLE) FROM dead");
  const rowCount = Number(count.getRows()[0]?.[0] ?? 0);
  if (rowCount === 0) return undefined;
  const target = path.join(scratch, "tombstones.parquet");
  await connection.run(`COPY (SELECT CAST(row_id AS BIGINT) AS row_id FROM dead ORDER BY row_id)
    TO ${sqlLiteral(target)} (FORMAT parquet, COMPRESSION zstd)`);
  return { path: target, rowCount };
}

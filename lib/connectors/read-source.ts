import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ColumnType } from "../dataset/dataset-version.ts";
import { sqlIdentifier } from "../dataset/sql-quote.ts";
import { failpoint } from "../storage/failpoint.ts";
import { greatestValueSql } from "./cursor-value.ts";
import type { DatabaseSession } from "./database-session.ts";
import type { DatabaseExtraction, ExtractDatabaseOptions } from "./extract-database.ts";
import { openSessionUnlessAborted } from "./open-session.ts";
import { planRead, type ReadPlan } from "./plan-read.ts";
import { isCut, reconnectsMax, waitToReconnect } from "./reconnect.ts";
import { openRowStage, type RowStage } from "./row-stage.ts";

export interface ReadOptions extends ExtractDatabaseOptions {
  folder: string;
  /** What earlier tries found that a column needs. */
  wider: ReadonlyMap<string, ColumnType>;
  onConnected: () => void;
}

interface Read {
  options: ReadOptions;
  connection: DuckDBConnection;
  /** Another one after a cut. */
  sessions: { current: DatabaseSession };
  plan: ReadPlan;
  stage: RowStage;
}

/** One try: every row into a table of the engine, then into files. */
export async function readSource(
  connection: DuckDBConnection,
  options: ReadOptions,
): Promise<DatabaseExtraction> {
  const { source, allowed, signal } = options;
  const sessions = { current: await openSessionUnlessAborted(source, allowed, signal) };
  options.onConnected();
  const stop = () => void sessions.current.close();
  signal?.addEventListener("abort", stop);
  try {
    signal?.throwIfAborted();
    const plan = planRead(options, sessions.current);
    const stage = await openRowStage(
      connection,
      "staging",
      plan.columns.map(({ column }) => column),
      options.batchSize,
    );
    const read: Read = { options, connection, sessions, plan, stage };
    return await writeFiles(read, await readRows(read));
  } finally {
    signal?.removeEventListener("abort", stop);
    await sessions.current.close();
  }
}

/** Whether the connection was cut and the rows are of more than one snapshot. */
async function readRows(read: Read): Promise<boolean> {
  const { options, connection, sessions, plan, stage } = read;
  const { source, allowed, signal } = options;
  const onRows = () => {
    failpoint("ingest.while-reading");
    options.progress?.({ done: stage.rowCount, total: stage.rowCount, unit: "rows" });
  };
  let value = source.cursor?.value;
  for (let cuts = 0; ; cuts += 1) {
    const { cursor, columns, orderBy } = plan;
    const from = cursor && value !== undefined ? { sql: cursor.sql, value } : undefined;
    try {
      await sessions.current.read({ columns, orderBy, from, limit: source.limit }, stage, onRows);
      return cuts > 0;
    } catch (error) {
      if (cursor === undefined || !isCut(error) || cuts === reconnectsMax) throw error;
      await sessions.current.close();
      await waitToReconnect(cuts, signal);
      sessions.current = await openSessionUnlessAborted(source, allowed, signal);
      // The table may have become another one; then nothing fits any more, and the next try begins from nothing.
      if (!isSamePlan(plan, planRead(options, sessions.current))) throw error;
      stage.finish();
      value = (await readGreatest(connection, cursor.plan)) ?? value;
    }
  }
}

function isSamePlan(left: ReadPlan, right: ReadPlan): boolean {
  const shape = ({ columns }: ReadPlan) => JSON.stringify(columns.map(({ sql, column }) => [sql, column]));
  return shape(left) === shape(right);
}

async function readGreatest(
  connection: DuckDBConnection,
  { column }: ReadPlan["columns"][number],
): Promise<string | undefined> {
  const result = await connection.runAndReadAll(`SELECT ${greatestValueSql(column)} FROM staging`);
  const value = result.getRows()[0]?.[0];
  return typeof value === "string" ? value : undefined;
}

async function writeFiles(read: Read, wasCut: boolean): Promise<DatabaseExtraction> {
  const { options, connection, sessions, plan, stage } = read;
  const { folder } = options;
  stage.finish();
  const { cursor, key } = plan;
  const watermark = cursor && ((await readGreatest(connection, cursor.plan)) ?? options.source.cursor?.value);
  const needsKeys = key !== undefined && (options.withKeys === true || wasCut);
  const keysPath = needsKeys ? await writeKeys(read, path.join(folder, "keys.parquet")) : undefined;
  // A row of an earlier snapshot may have been deleted since, and the last snapshot is the one that counts.
  const name = key && sqlIdentifier(key.column.name);
  const where = wasCut && needsKeys ? `${name} IN (SELECT ${name} FROM source_keys)` : undefined;
  const parquetPath = path.join(folder, "rows.parquet");
  const rowCount = await stage.write(parquetPath, where);
  return {
    parquetPath,
    columns: plan.columns.map(({ column }) => column),
    rowCount,
    key: key?.column.name,
    ...(watermark === undefined ? {} : { watermark }),
    ...(keysPath === undefined ? {} : { keysPath }),
    notes: sessions.current.notes(),
  };
}

/** The keys of all rows in the snapshot of the rows themselves. */
async function writeKeys({ connection, sessions, plan }: Read, target: string): Promise<string> {
  const key = plan.key!;
  const keys = await openRowStage(connection, "source_keys", [key.column]);
  await sessions.current.read({ columns: [key], orderBy: [] }, keys, () => undefined);
  await keys.write(target);
  return target;
}

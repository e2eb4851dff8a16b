import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import type { ObjectStore } from "../storage/object-store.ts";
import { requireColumn } from "./column-names.ts";
import type { Column, DatasetVersion, RowFile } from "./dataset-version.ts";
import { openDuckDb } from "./duckdb.ts";
import { storedValueSql } from "./evolution/stored-value-sql.ts";
import { liveCount, lowerBound } from "./live-rows.ts";
import { type PlainValue, plainValue, plainValueSql } from "./plain-value.ts";
import { loadTombstones } from "./read-tombstones.ts";
import { sqlLiteral } from "./sql-quote.ts";

export interface RowBatch {
  rowIds: number[];
  /** By column name, in the order of `rowIds`. */
  rows: Record<string, PlainValue>[];
}

export interface ScanRowsOptions {
  store: ObjectStore;
  version: DatasetVersion;
  columns: readonly string[];
  /** Only rows with a greater id. */
  afterRowId?: number;
  batchSize: number;
  signal?: AbortSignal | undefined;
}

/** A scan holds one row group of the wanted columns, compressed, and spills nothing. */
const memoryMib = 512;

/**
 * Live rows in ascending order of row id, `batchSize` at a time (the last batch may be smaller, none is empty). What
 * it holds in memory depends on the batch and on the files' row groups, not on the size of the dataset.
 */
export async function* scanRows(options: ScanRowsOptions): AsyncGenerator<RowBatch, void, undefined> {
  const { store, version, afterRowId = -1, signal } = options;
  const columns = options.columns.map((name) => requireColumn(version.columns, name, "columns"));
  // With two threads the engine hands chunks of a filtered stream out of order.
  const session = await openDuckDb({ memoryMib, threads: 1, signal });
  try {
    const dead = await loadTombstones(session.connection, store, version);
    const wanted = version.files.filter(
      (file) => file.firstRowId + file.rowCount - 1 > afterRowId && liveCount(file, dead) > 0,
    );
    const batches = createBatcher(options.batchSize);
    for (const file of wanted) {
      const path = await store.materialize(file.key);
      const sql = fileSql({ file, path, columns, firstRow: Math.max(0, afterRowId + 1 - file.firstRowId) });
      for await (const chunk of readChunks(session.connection, sql)) {
        session.assertLive();
        batches.add(liveRows({ chunk, file, dead, columns }));
        yield* batches.takeFull();
      }
      session.assertLive();
    }
    yield* batches.takeRest();
  } catch (error) {
    throw session.explain(error);
  } finally {
    await session.close();
  }
}

function fileSql(scan: {
  file: RowFile;
  path: string;
  columns: readonly Column[];
  firstRow: number;
}): string {
  const values = scan.columns.map((column) => plainValueSql(column, storedValueSql(column, scan.file)));
  const list = ["CAST(file_row_number AS DOUBLE)", ...values].map((value, index) => `${value} AS v${index}`);
  const where = scan.firstRow === 0 ? "" : ` WHERE file_row_number >= ${scan.firstRow}`;
  return `SELECT ${list.join(", ")} FROM read_parquet(${sqlLiteral(scan.path)}, file_row_number=true)${where}`;
}

async function* readChunks(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}

function liveRows(scan: {
  chunk: DuckDBDataChunk;
  file: RowFile;
  dead: Float64Array;
  columns: readonly Column[];
}): RowBatch {
  const { chunk, file, dead, columns } = scan;
  const ids = chunk.getColumnValues(0).map((row) => file.firstRowId + Number(row));
  const values = columns.map((_, index) => chunk.getColumnValues(index + 1));
  const batch: RowBatch = { rowIds: [], rows: [] };
  let nextDead = lowerBound(dead, ids[0] ?? 0);
  let previous = -1;
  for (const [position, id] of ids.entries()) {
    if (id <= previous) throw new Error(`row ${id} of ${file.key} came after row ${previous}`);
    previous = id;
    while ((dead[nextDead] ?? Number.POSITIVE_INFINITY) < id) nextDead += 1;
    if (dead[nextDead] === id) continue;
    // Not by assignment: a column may be called __proto__.
    const row = Object.fromEntries(
      columns.map(({ name }, index) => [name, plainValue(values[index]?.[position] ?? null)]),
    );
    batch.rowIds.push(id);
    batch.rows.push(row);
  }
  return batch;
}

function createBatcher(batchSize: number) {
  let waiting: RowBatch = { rowIds: [], rows: [] };
  const take = (count: number): RowBatch => ({
    rowIds: waiting.rowIds.splice(0, count),
    rows: waiting.rows.splice(0, count),
  });
  return {
    add(batch: RowBatch) {
      waiting = { rowIds: waiting.rowIds.concat(batch.rowIds), rows: waiting.rows.concat(batch.rows) };
    },
    *takeFull(): Generator<RowBatch> {
      while (waiting.rowIds.length >= batchSize) yield take(batchSize);
    },
    *takeRest(): Generator<RowBatch> {
      if (waiting.rowIds.length > 0) yield take(waiting.rowIds.length);
    },
  };
}

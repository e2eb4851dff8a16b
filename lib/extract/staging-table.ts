import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Column, ColumnType } from "../dataset/dataset-version.ts";
import { sqlIdentifier } from "../dataset/sql-quote.ts";
import { parquetTargetSql } from "./parquet-target.ts";

/** Takes rows one by one and writes them as Parquet in the end; what the engine's memory does not hold is spilled. */
export interface StagingTable {
  /** One value for each column, in order. `textLength` is about what the row's texts add up to. */
  add(values: DuckDBValue[], textLength: number): void;
  /** Ends the table, which then is there as `staging`. */
  finish(): void;
  /** Ends the table and answers how many rows were written. */
  write(parquetPath: string): Promise<number>;
}

// The engine's vectors hold at most 2048 values; long texts are handed over sooner so that few wait at once.
const chunkRowsMax = 2048;
const chunkTextMax = 8 << 20;
// The appender keeps 200,000 rows to itself, which no memory limit of the engine sees; long rows must go sooner.
const appendedTextMax = 64 << 20;

export async function createStagingTable(
  connection: DuckDBConnection,
  columns: readonly Column[],
): Promise<StagingTable> {
  const { DuckDBDataChunk, BIGINT, BLOB, BOOLEAN, DOUBLE, TIMESTAMP, VARCHAR } = await import(
    "@duckdb/node-api"
  );
  const types: Partial<Record<ColumnType, DuckDBType>> = {
    boolean: BOOLEAN,
    blob: BLOB,
    bigint: BIGINT,
    double: DOUBLE,
    timestamp: TIMESTAMP,
  };
  const columnTypes = columns.map((column) => types[column.type] ?? VARCHAR);
  const definitions = columns.map(
    (column, at) => `${sqlIdentifier(column.name)} ${columnTypes[at]!.toString()}`,
  );
  await connection.run(`CREATE TABLE staging (${definitions.join(", ")})`);
  const appender = await connection.createAppender("staging");
  let rows: DuckDBValue[][] = [];
  let textLength = 0;
  let appendedLength = 0;
  const flush = () => {
    if (rows.length === 0) return;
    const chunk = DuckDBDataChunk.create(columnTypes, rows.length);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
    rows = [];
    appendedLength += textLength;
    textLength = 0;
    if (appendedLength < appendedTextMax) return;
    appender.flushSync();
    appendedLength = 0;
  };
  const finish = () => {
    flush();
    appender.closeSync();
  };
  return {
    add(values, length) {
      rows.push(values);
      textLength += length;
      if (rows.length === chunkRowsMax || textLength > chunkTextMax) flush();
    },
    finish,
    async write(parquetPath) {
      finish();
      const target = parquetTargetSql(parquetPath, columns.length);
      const result = await connection.runAndReadAll(`COPY staging TO ${target}`);
      return Number(result.getRows()[0]![0]);
    },
  };
}

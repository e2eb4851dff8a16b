import type { DuckDBConnection } from "@duckdb/node-api";
import { checksumFile } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetFinding } from "./dataset-finding.ts";
import type { RowFile, TombstoneFile } from "./dataset-version.ts";
import { duckDbFailure } from "./duckdb-failure.ts";
import { sqlLiteral } from "./sql-quote.ts";

/** Presence and size; with an engine also the checksum and the Parquet file's own count of rows. */
export async function* checkFile(check: {
  store: ObjectStore;
  file: RowFile | TombstoneFile;
  connection: DuckDBConnection | undefined;
  signal: AbortSignal | undefined;
}): AsyncGenerator<DatasetFinding> {
  const { store, file, connection, signal } = check;
  const finding = (kind: string, detail: string) => ({ kind, key: file.key, detail });
  const size = await store.size(file.key);
  if (size === undefined) {
    yield finding("file-missing", "A version names it and it is not there.");
  } else if (size !== file.byteCount) {
    yield finding("file-size", `It has ${size} bytes instead of ${file.byteCount}.`);
  } else if (connection !== undefined) {
    const path = await store.materialize(file.key);
    const checksum = await checksumFile(path, signal === undefined ? {} : { signal });
    if (checksum !== file.checksum) {
      yield finding("file-checksum", `It has the checksum ${checksum} instead of ${file.checksum}.`);
      return;
    }
    const rowCount = await parquetRowCount(connection, path);
    if (rowCount !== file.rowCount) {
      yield finding("file-rows", `It holds ${rowCount ?? "no readable"} rows instead of ${file.rowCount}.`);
    }
  }
}

/** `undefined` where the engine finds no Parquet in it. */
async function parquetRowCount(connection: DuckDBConnection, path: string): Promise<number | undefined> {
  const sql = `SELECT CAST(num_rows AS DOUBLE) FROM parquet_file_metadata(${sqlLiteral(path)})`;
  try {
    return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0]);
  } catch (error) {
    if (duckDbFailure(error)?.type === "Invalid Input") return undefined;
    throw error;
  }
}

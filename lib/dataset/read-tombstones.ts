import type { DuckDBConnection } from "@duckdb/node-api";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetVersion } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { materializeDataset } from "./materialize-dataset.ts";
import { tombstoneScanSql } from "./scan-sql.ts";

type Tombstoned = Pick<DatasetVersion, "tombstones">;

/** The sort holds eight bytes for each id; ten million dead rows fit with room to spare. */
const memoryMib = 256;

/** Ids of all dead rows of the version, ascending. */
export async function readTombstones(
  store: ObjectStore,
  version: Tombstoned,
  signal?: AbortSignal,
): Promise<Float64Array> {
  if (version.tombstones.length === 0) return new Float64Array(0);
  return withDuckDb({ memoryMib, signal }, (connection) => loadTombstones(connection, store, version));
}

/** The same over an engine that is open already. */
export async function loadTombstones(
  connection: DuckDBConnection,
  store: ObjectStore,
  { tombstones }: Tombstoned,
): Promise<Float64Array> {
  if (tombstones.length === 0) return new Float64Array(0);
  const localPath = await materializeDataset(store, { files: [], tombstones });
  const ids = new Float64Array(tombstones.reduce((sum, file) => sum + file.rowCount, 0));
  let filled = 0;
  // A double holds every id exactly up to 2^53, and is read without a bigint for each.
  const sql = `SELECT CAST(row_id AS DOUBLE) FROM ${tombstoneScanSql({ tombstones }, localPath)} ORDER BY row_id`;
  for await (const chunk of await connection.run(sql)) {
    for (const id of chunk.getColumnValues(0)) ids[filled++] = Number(id);
  }
  return ids.subarray(0, filled);
}

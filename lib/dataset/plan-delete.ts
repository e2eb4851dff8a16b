import path from "node:path";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetVersion } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { createIncoming, keySql, type StagedKeys } from "./incoming-keys.ts";
import { materializeDataset } from "./materialize-dataset.ts";
import { copyTombstones } from "./plan-upsert.ts";
import { datasetScanSql } from "./scan-sql.ts";
import { sqlIdentifier } from "./sql-quote.ts";

/** Writes the ids of the live rows with one of the staged keys into `scratch`; undefined where no row has one. */
export async function planDelete(
  options: StagedKeys & {
    store: ObjectStore;
    current: Pick<DatasetVersion, "files" | "tombstones">;
    scratch: string;
    memoryMib: number;
    signal?: AbortSignal | undefined;
  },
): Promise<{ path: string; rowCount: number } | undefined> {
  const { store, current, key, scratch, memoryMib, signal } = options;
  const localPath = await materializeDataset(store, current);
  const engine = { memoryMib, tempFolder: path.join(scratch, "spill"), signal };
  return withDuckDb(engine, async (connection) => {
    await createIncoming(connection, options);
    const live = datasetScanSql({ ...current, columns: [key] }, localPath);
    const value = keySql(key, `live.${sqlIdentifier(key.name)}`);
    const dead = `SELECT live._row_id AS row_id FROM (${live}) AS live JOIN incoming ON ${value} = incoming.k`;
    return copyTombstones(connection, dead, scratch);
  });
}

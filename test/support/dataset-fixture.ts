import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type CommitRowsOptions, commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import type { DatasetVersion } from "@lakefleet/lib/dataset/dataset-version.ts";
import { withDuckDb } from "@lakefleet/lib/dataset/duckdb.ts";
import { materializeDataset } from "@lakefleet/lib/dataset/materialize-dataset.ts";
import { datasetScanSql } from "@lakefleet/lib/dataset/scan-sql.ts";
import type { StagedRows } from "@lakefleet/lib/dataset/staged-rows.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";

/** Gives the task a bucket in a temporary folder. */
export async function withLocalStore(task: (store: LocalStore) => Promise<void>): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), "lakefleet-dataset-"));
  try {
    await task(await openLocalStore({ name: "test", root }));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Commits staged rows to the dataset `d`; the content hash is the ingest id where none is given. */
export function commitStaged(
  store: CommitRowsOptions["store"],
  staged: StagedRows,
  write: Pick<CommitRowsOptions, "mode" | "ingestId"> & Partial<CommitRowsOptions>,
) {
  return commitRows({
    store,
    dataset: "d",
    staged,
    contentHash: write.ingestId,
    source: { kind: "file", name: "rows.csv", format: "csv" },
    settings: {},
    ...write,
  });
}

/** All live rows through SQL, ascending by id, as text where they are no JSON. */
export async function queryRows(
  store: CommitRowsOptions["store"],
  version: DatasetVersion,
): Promise<Record<string, unknown>[]> {
  const localPath = await materializeDataset(store, version);
  return withDuckDb({ memoryMib: 256 }, async (connection) => {
    const sql = `SELECT * FROM (${datasetScanSql(version, localPath)}) ORDER BY _row_id`;
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  });
}

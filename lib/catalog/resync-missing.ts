import type { DuckDBConnection } from "@duckdb/node-api";
import { datasetKeys } from "../dataset/dataset-keys.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { DatasetVersion, RowFile } from "../dataset/dataset-version.ts";
import { withDuckDb } from "../dataset/duckdb.ts";
import { duckDbFailure } from "../dataset/duckdb-failure.ts";
import { findDatasets } from "../dataset/find-datasets.ts";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface ResyncReport {
  checked: number;
  /** Datasets that no list showed. */
  listed: string[];
  /** Datasets whose count of rows was not that of their files. */
  recounted: { dataset: string; version: number; before: number; after: number }[];
  /** What no count can mend. */
  damaged: { dataset: string; reason: string }[];
}

/** Footers are a few kilobytes each. */
const memoryMib = 128;

/**
 * Makes the catalogue agree with the bucket: enters the datasets that it does not list, and commits a version with the
 * count of rows that the Parquet footers give where the newest version has another one. Row ids are never moved: a file
 * whose footer has more rows than there are ids for it is damage, and is told of as that.
 */
export async function resyncMissing(store: ObjectStore): Promise<ResyncReport> {
  const report: ResyncReport = { checked: 0, listed: [], recounted: [], damaged: [] };
  await withDuckDb({ memoryMib, threads: 1 }, async (connection) => {
    for (const dataset of await findDatasets(store)) {
      report.checked += 1;
      try {
        await resync({ store, connection, dataset, report });
      } catch (error) {
        const isDamage = error instanceof DomainError || duckDbFailure(error) !== undefined;
        if (!isDamage) throw error;
        report.damaged.push({ dataset, reason: duckDbFailure(error)?.message ?? (error as Error).message });
      }
    }
  });
  return report;
}

interface Resync {
  store: ObjectStore;
  connection: DuckDBConnection;
  dataset: string;
  report: ResyncReport;
}

async function resync({ store, connection, dataset, report }: Resync): Promise<void> {
  const log = datasetLog(store, dataset);
  const head = await log.head();
  if (head === undefined) {
    report.damaged.push({ dataset, reason: "There are files and no version that says what they are." });
    return;
  }
  const entry = datasetKeys(dataset).catalogEntry;
  const content = Buffer.from(
    JSON.stringify({ ingestId: head.document.ingest.ingestId, version: head.number }),
  );
  if (await store.putIfAbsent(entry, content)) report.listed.push(dataset);
  let before = head.document.rowCount;
  const commit = await log.commit(async (newest, number) => {
    const current = newest?.document ?? head.document;
    before = current.rowCount;
    const recounted = await recount(store, connection, current);
    return recounted === undefined ? undefined : { ...recounted, version: number };
  });
  if (commit === undefined) return;
  report.recounted.push({ dataset, version: commit.number, before, after: commit.document.rowCount });
}

/** The version with the footers' counts; undefined where it has them. */
async function recount(
  store: ObjectStore,
  connection: DuckDBConnection,
  version: DatasetVersion,
): Promise<DatasetVersion | undefined> {
  const files: RowFile[] = [];
  for (const [position, file] of version.files.entries()) {
    const rowCount = await footerRows(connection, await store.materialize(file.key));
    const idsEnd = version.files[position + 1]?.firstRowId ?? version.nextRowId;
    if (file.firstRowId + rowCount > idsEnd) throw tooManyRows(file, rowCount);
    files.push({ ...file, rowCount });
  }
  const dead = version.tombstones.reduce((sum, file) => sum + file.rowCount, 0);
  const rowCount = files.reduce((sum, file) => sum + file.rowCount, 0) - dead;
  const isSame =
    rowCount === version.rowCount && files.every((file, at) => file.rowCount === version.files[at]?.rowCount);
  return isSame ? undefined : { ...version, files, rowCount };
}

async function footerRows(connection: DuckDBConnection, path: string): Promise<number> {
  const sql = `SELECT CAST(num_rows AS DOUBLE) FROM parquet_file_metadata(${sqlLiteral(path)})`;
  return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0]);
}

function tooManyRows(file: RowFile, rowCount: number): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "file-rows",
    message: `${file.key} holds ${rowCount} rows, which are more than the row ids that it was given.`,
  });
}

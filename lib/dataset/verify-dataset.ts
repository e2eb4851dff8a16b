import { DomainError } from "../errors/domain-error.ts";
import { checksumFile } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { datasetLog } from "./dataset-log.ts";
import type { DatasetVersion, RowFile, TombstoneFile } from "./dataset-version.ts";
import { withDuckDb } from "./duckdb.ts";
import { liveCount } from "./live-rows.ts";
import { readTombstones } from "./read-tombstones.ts";
import { sqlLiteral } from "./sql-quote.ts";

export interface DatasetFinding {
  /** Stable: `commit-damaged`, `version-number`, `file-missing`, `file-size`, `file-checksum`, `file-rows`, … */
  kind: string;
  /** The object in which the damage stands. */
  key: string;
  detail: string;
}

/** Row counts come from Parquet footers and the sort of the tombstones; both are small. */
const memoryMib = 256;

/**
 * Checks every version and every file that one of them names. With `deep` it also reads each file for its checksum,
 * counts the rows of every Parquet file, and the live rows of every version. An intact dataset yields nothing.
 */
export async function* verifyDataset(
  store: ObjectStore,
  name: string,
  options: { deep: boolean; signal?: AbortSignal },
): AsyncIterable<DatasetFinding> {
  const log = datasetLog(store, name);
  const seen = new Set<string>();
  const broken = new Set<string>();
  let number: number;
  try {
    number = (await log.head())?.number ?? 0;
  } catch (error) {
    yield damageOf(error);
    return;
  }
  const entry = datasetKeys(name).catalogEntry;
  if (number > 0 && (await store.size(entry)) === undefined) {
    yield { kind: "catalog-entry-missing", key: entry, detail: "No listing of the datasets shows it." };
  }
  for (; number > 0; number -= 1) {
    options.signal?.throwIfAborted();
    let version: DatasetVersion;
    try {
      version = (await log.read(number)).document;
    } catch (error) {
      yield damageOf(error);
      continue;
    }
    yield* checkVersion(version, name, number);
    for (const file of [...version.files, ...version.tombstones]) {
      if (seen.has(file.key)) continue;
      seen.add(file.key);
      for await (const finding of checkFile(store, file, options)) {
        broken.add(file.key);
        yield finding;
      }
    }
    yield* checkRejects(store, version);
    const isReadable = ![...version.files, ...version.tombstones].some((file) => broken.has(file.key));
    if (options.deep && isReadable) yield* checkTombstones(store, version, options.signal);
  }
}

function damageOf(error: unknown): DatasetFinding {
  if (!(error instanceof DomainError)) throw error;
  return { kind: error.type, key: error.place?.file ?? "", detail: error.message };
}

function* checkVersion(version: DatasetVersion, name: string, number: number): Iterable<DatasetFinding> {
  const key = `${datasetKeys(name).versions}${String(number).padStart(12, "0")}.json`;
  const finding = (kind: string, detail: string) => ({ kind, key, detail });
  if (version.version !== number || version.dataset !== name) {
    yield finding("version-number", `It says ${version.dataset} ${version.version}.`);
  }
  let nextRowId = 0;
  for (const file of version.files) {
    if (file.firstRowId < nextRowId)
      yield finding("row-ids", `${file.key} reuses the ids of a file before it.`);
    nextRowId = file.firstRowId + file.rowCount;
  }
  if (nextRowId > version.nextRowId) {
    yield finding("row-ids", `The next row id ${version.nextRowId} is given already.`);
  }
  const stored = sum(version.files);
  const dead = sum(version.tombstones);
  if (version.rowCount !== stored - dead) {
    yield finding(
      "row-count",
      `${stored} rows less ${dead} tombstones are not ${version.rowCount} live rows.`,
    );
  }
}

function sum(files: readonly { rowCount: number }[]): number {
  return files.reduce((total, file) => total + file.rowCount, 0);
}

async function* checkFile(
  store: ObjectStore,
  file: RowFile | TombstoneFile,
  options: { deep: boolean; signal?: AbortSignal },
): AsyncIterable<DatasetFinding> {
  const finding = (kind: string, detail: string) => ({ kind, key: file.key, detail });
  const size = await store.size(file.key);
  if (size === undefined) {
    yield finding("file-missing", "A version names it and it is not there.");
    return;
  }
  if (size !== file.byteCount) {
    yield finding("file-size", `It has ${size} bytes instead of ${file.byteCount}.`);
    return;
  }
  if (!options.deep) return;
  const path = await store.materialize(file.key);
  const checksum = await checksumFile(path, options);
  if (checksum !== file.checksum) {
    yield finding("file-checksum", `It has the checksum ${checksum} instead of ${file.checksum}.`);
    return;
  }
  const rowCount = await parquetRowCount(path, options.signal);
  if (rowCount !== file.rowCount) {
    yield finding("file-rows", `It holds ${rowCount} rows instead of ${file.rowCount}.`);
  }
}

function parquetRowCount(path: string, signal: AbortSignal | undefined): Promise<number> {
  return withDuckDb({ memoryMib, signal }, async (connection) => {
    const sql = `SELECT CAST(num_rows AS DOUBLE) FROM parquet_file_metadata(${sqlLiteral(path)})`;
    return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0]);
  });
}

async function* checkRejects(store: ObjectStore, version: DatasetVersion): AsyncIterable<DatasetFinding> {
  const key = version.ingest.rejectsKey;
  if (key !== undefined && (await store.size(key)) === undefined) {
    yield { kind: "file-missing", key, detail: "The rejected rows of a write are not there." };
  }
}

async function* checkTombstones(
  store: ObjectStore,
  version: DatasetVersion,
  signal: AbortSignal | undefined,
): AsyncIterable<DatasetFinding> {
  const dead = await readTombstones(store, version, signal);
  const key = version.tombstones.at(-1)?.key ?? "";
  const repeated = dead.findIndex((id, index) => index > 0 && dead[index - 1] === id);
  if (repeated !== -1) {
    yield { kind: "tombstone-repeated", key, detail: `Row ${dead[repeated]} is dead more than once.` };
    return;
  }
  const live = version.files.reduce((total, file) => total + liveCount(file, dead), 0);
  if (live !== version.rowCount) {
    const detail = `Of ${dead.length} tombstones ${sum(version.files) - live} meet a row of version ${version.version}.`;
    yield { kind: "tombstone-range", key, detail };
  }
}

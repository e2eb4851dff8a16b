import type { DuckDBConnection } from "@duckdb/node-api";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetFinding } from "./dataset-finding.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { datasetLog } from "./dataset-log.ts";
import type { DatasetVersion } from "./dataset-version.ts";
import { openDuckDb } from "./duckdb.ts";
import { liveCount } from "./live-rows.ts";
import { loadTombstones } from "./read-tombstones.ts";
import { checkFile } from "./verify-file.ts";
import { checkVersion } from "./verify-version.ts";

/** Row counts come from Parquet footers, and tombstones are eight bytes each. */
const memoryMib = 256;

/**
 * Checks every version and every file that one of them names. With `deep` it also reads each file for its checksum,
 * counts the rows of every Parquet file, and the live rows of every version. An intact dataset yields nothing.
 */
export async function* verifyDataset(
  store: ObjectStore,
  name: string,
  options: { deep: boolean; signal?: AbortSignal },
): AsyncGenerator<DatasetFinding, void, undefined> {
  const { deep, signal } = options;
  const session = deep ? await openDuckDb({ memoryMib, signal }) : undefined;
  try {
    yield* verifyVersions({ store, name, connection: session?.connection, signal });
  } catch (error) {
    throw session === undefined ? error : session.explain(error);
  } finally {
    await session?.close();
  }
}

interface Verification {
  store: ObjectStore;
  name: string;
  /** Present for a deep check. */
  connection: DuckDBConnection | undefined;
  signal: AbortSignal | undefined;
}

async function* verifyVersions(verification: Verification): AsyncGenerator<DatasetFinding> {
  const { store, name, connection, signal } = verification;
  const checked = new Set<string>();
  const broken = new Set<string>();
  for await (const version of readVersions(verification)) {
    signal?.throwIfAborted();
    if ("kind" in version) {
      yield version;
      continue;
    }
    yield* checkVersion(version.document, { name, number: version.number });
    const files = [...version.document.files, ...version.document.tombstones];
    for (const file of files) {
      if (checked.has(file.key)) continue;
      checked.add(file.key);
      for await (const finding of checkFile({ store, file, connection, signal })) {
        broken.add(file.key);
        yield finding;
      }
    }
    yield* checkRejects(store, version.document);
    const isReadable = files.every((file) => !broken.has(file.key));
    if (connection !== undefined && isReadable) {
      yield* checkTombstones(connection, store, version.document);
    }
  }
}

/** Newest first; a version that cannot be read is a finding. */
async function* readVersions({
  store,
  name,
}: Verification): AsyncGenerator<DatasetFinding | { number: number; document: DatasetVersion }> {
  const log = datasetLog(store, name);
  try {
    const newest = (await log.head())?.number ?? 0;
    const entry = datasetKeys(name).catalogEntry;
    if (newest > 0 && (await store.size(entry)) === undefined) {
      yield { kind: "catalog-entry-missing", key: entry, detail: "No listing of the datasets shows it." };
    }
    for (let number = newest; number > 0; number -= 1) yield await readVersion(log, number);
  } catch (error) {
    yield damageOf(error);
  }
}

async function readVersion(log: ReturnType<typeof datasetLog>, number: number) {
  try {
    return await log.read(number);
  } catch (error) {
    return damageOf(error);
  }
}

function damageOf(error: unknown): DatasetFinding {
  if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
  return { kind: error.type, key: error.place?.file ?? "", detail: error.message };
}

async function* checkRejects(store: ObjectStore, version: DatasetVersion): AsyncGenerator<DatasetFinding> {
  const key = version.ingest.rejectsKey;
  if (key !== undefined && (await store.size(key)) === undefined) {
    yield { kind: "file-missing", key, detail: "The rejected rows of a write are not there." };
  }
}

async function* checkTombstones(
  connection: DuckDBConnection,
  store: ObjectStore,
  version: DatasetVersion,
): AsyncGenerator<DatasetFinding> {
  const dead = await loadTombstones(connection, store, version);
  const key = version.tombstones.at(-1)?.key ?? "";
  const repeated = dead.find((id, index) => index > 0 && dead[index - 1] === id);
  if (repeated !== undefined) {
    yield { kind: "tombstone-repeated", key, detail: `Row ${repeated} is dead more than once.` };
    return;
  }
  const live = version.files.reduce((total, file) => total + liveCount(file, dead), 0);
  if (live === version.rowCount) return;
  const detail = `Version ${version.version} has ${live} live rows instead of ${version.rowCount}: a tombstone meets no row.`;
  yield { kind: "tombstone-range", key, detail };
}

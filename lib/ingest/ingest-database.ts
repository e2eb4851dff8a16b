import { type AllowedAddresses, type DatabaseAddress, describeAddress, parseDsn } from "../connectors/dsn.ts";
import { type DatabaseExtraction, extractDatabase } from "../connectors/extract-database.ts";
import { type CommittedRows, commitRows } from "../dataset/commit-rows.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { JobContext } from "../jobs/job-context.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes, checksumFile } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Secrets } from "../storage/secrets.ts";
import { findMissingKeys } from "./missing-keys.ts";
import type { IngestPayload } from "./plan-ingest.ts";

/** Rows on their way are spilled, so more memory would make a read no faster; a worker stays below 400 MB with it. */
const readMemoryMib = 80;

export type DatabasePayload = IngestPayload & { source: { kind: "database" } };

export interface DatabaseIngestDependencies {
  store: ObjectStore;
  secrets: Secrets;
  allowed: AllowedAddresses;
  memoryMib: number;
  scratch: string;
}

/**
 * Reads the relation and commits what it holds, with the watermark of its cursor, as the dataset's next version. With a
 * cursor, rows that the source no longer has are found by comparing keys.
 */
export async function ingestDatabase(
  payload: DatabasePayload,
  { signal, progress }: JobContext,
  { store, secrets, allowed, memoryMib, scratch }: DatabaseIngestDependencies,
): Promise<CommittedRows & { notes: DatabaseExtraction["notes"] }> {
  const { source, dataset } = payload;
  const address = parseDsn(await secrets.read(source.secret), source.engine, allowed);
  const sourceId = identify(address, source);
  const current = (await datasetLog(store, dataset).head())?.document;
  const { from, columns, orderBy, limit, timeoutMs, batchSize } = source;
  const column = source.cursor;
  const cursor = column === undefined ? undefined : { column, value: current?.watermarks?.[sourceId] };
  const staged = await extractDatabase({
    source: { address, from, columns, orderBy, limit, timeoutMs, cursor },
    allowed,
    scratch,
    memoryMib: Math.min(memoryMib, readMemoryMib),
    batchSize,
    key: payload.key,
    withKeys: cursor !== undefined,
    signal,
    progress,
  });
  const { watermark, key, keysPath } = staged;
  const removedKeys =
    current === undefined || key === undefined || keysPath === undefined
      ? undefined
      : await findMissingKeys({ store, version: current, key, keysPath, memoryMib, scratch, signal });
  const committed = await commitRows({
    store,
    dataset,
    ingestId: payload.intent,
    // Without a key rows cannot be compared; as a whole they come to the same.
    mode: payload.mode === "sync" && key === undefined ? "replace" : payload.mode,
    ...(key === undefined ? {} : { key }),
    ...(removedKeys === undefined ? {} : { removedKeys }),
    staged,
    contentHash: await hashContent(staged, signal),
    source: { kind: "database", name: sourceName(address, source), format: source.engine },
    settings: settingsOf(payload),
    watermark: watermark === undefined ? undefined : { source: sourceId, value: watermark },
    memoryMib,
    signal,
    progress,
  });
  return { ...committed, notes: staged.notes };
}

/** Another cursor or other columns make another source, which is read from its beginning. */
function identify(
  { engine, host, port, database, socketPath }: DatabaseAddress,
  { from, columns, cursor }: DatabasePayload["source"],
): string {
  const facts = { engine, host, port, database, socketPath, from, columns, cursor };
  return checksumBytes(canonicalJson(facts)).replace(/^.*:/, "").slice(0, 32);
}

/** Lineage: where rows come from, without the user that read them. */
function sourceName(address: DatabaseAddress, { from }: DatabasePayload["source"]): string {
  return `${describeAddress(address)}/${"table" in from ? from.table : "(query)"}`;
}

/** With the keys, since rows may leave while none comes. */
async function hashContent(
  { parquetPath, keysPath }: DatabaseExtraction,
  signal: AbortSignal,
): Promise<string> {
  const rows = await checksumFile(parquetPath, { signal });
  if (keysPath === undefined) return rows;
  return checksumBytes(canonicalJson({ rows, keys: await checksumFile(keysPath, { signal }) }));
}

function settingsOf({ idColumn, textColumns, metadataColumns }: IngestPayload) {
  return { ...(idColumn === undefined ? {} : { idColumn }), textColumns, metadataColumns };
}

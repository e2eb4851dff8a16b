import { rm } from "node:fs/promises";
import path from "node:path";
import type { Models } from "@lakefleet/config/models.ts";
import type { ValueNote } from "@lakefleet/lib/connectors/database-session.ts";
import type { AllowedAddresses } from "@lakefleet/lib/connectors/dsn.ts";
import { type CommittedRows, commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { RowContract } from "@lakefleet/lib/dataset/contract/row-contract.ts";
import type { DatasetVersion } from "@lakefleet/lib/dataset/dataset-version.ts";
import { describeDrift } from "@lakefleet/lib/dataset/evolution/schema-drift.ts";
import { findIngested } from "@lakefleet/lib/dataset/find-ingested.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { handledElsewhere } from "@lakefleet/lib/errors/handled-elsewhere.ts";
import { extractFile } from "@lakefleet/lib/extract/extract-file.ts";
import { extractFolder } from "@lakefleet/lib/extract/extract-folder.ts";
import type { Extraction } from "@lakefleet/lib/extract/extraction.ts";
import { extractVectors } from "@lakefleet/lib/extract/vectors/extract-vectors.ts";
import { readChanges } from "@lakefleet/lib/ingest/change-list.ts";
import { defineIndex } from "@lakefleet/lib/ingest/define-index.ts";
import { ingestDatabase } from "@lakefleet/lib/ingest/ingest-database.ts";
import type { IngestPayload } from "@lakefleet/lib/ingest/plan-ingest.ts";
import type { JobContext } from "@lakefleet/lib/jobs/run-worker.ts";
import { canonicalJson } from "@lakefleet/lib/storage/canonical-json.ts";
import { checksumBytes, checksumFile } from "@lakefleet/lib/storage/checksum.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Secrets } from "@lakefleet/lib/storage/secrets.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

export interface IngestDependencies {
  store: ObjectStore;
  telemetry: Telemetry;
  memoryMib: number;
  secrets: Secrets;
  /** What a DSN may lead to. */
  allowed: AllowedAddresses;
  models?: Models | undefined;
}

/** Reads the source into one staged file, commits it as the dataset's next version, then defines the index it feeds. */
export async function handleIngest(
  payload: IngestPayload,
  context: JobContext,
  dependencies: IngestDependencies,
) {
  const { store, telemetry, models } = dependencies;
  const begin = performance.now();
  const { version, noop, notes = [] } = await ingestOnce(payload, context, dependencies);
  if (payload.index) await defineIndex({ store, settings: payload.index, dataset: version, models });
  // After a no-op the upload stays until the request has ended: a second delivery can tell only from it that all is done.
  if (!noop) await removeUsed(payload.source, dependencies);
  const { ingest } = version;
  if (!noop) telemetry.emit("dataset.committed", committed(version));
  const drift = noop || ingest.drift === undefined ? undefined : describeDrift(ingest.drift);
  telemetry.emit("ingest.finished", {
    dataset: payload.dataset,
    format: ingest.source.format,
    rowsAdded: noop ? 0 : ingest.rowsAdded,
    rowsRejected: noop ? 0 : ingest.rowsRejected,
    noop,
    durationMs: performance.now() - begin,
  });
  return {
    dataset: payload.dataset,
    version: version.version,
    noop,
    rows: version.rowCount,
    rowsAdded: noop ? 0 : ingest.rowsAdded,
    rowsUpdated: noop ? 0 : ingest.rowsUpdated,
    rowsRemoved: noop ? 0 : ingest.rowsRemoved,
    rowsRejected: noop ? 0 : ingest.rowsRejected,
    ...(noop || ingest.rowsUnchanged === undefined ? {} : { rowsUnchanged: ingest.rowsUnchanged }),
    ...(ingest.rejectsKey === undefined || noop ? {} : { rejectsKey: ingest.rejectsKey }),
    ...(drift === undefined ? {} : { drift }),
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
  };
}

/** What the request brought with it: its upload, or its DSN. */
async function removeUsed(source: IngestPayload["source"], { secrets }: IngestDependencies): Promise<void> {
  if (source.kind === "database") {
    if (source.once) await secrets.remove(source.secret);
    return;
  }
  const upload = uploadOf(source);
  if (upload !== undefined) await rm(path.dirname(upload), { recursive: true, force: true });
}

/** The file that came with the request, if one did. */
function uploadOf(source: FilePayload["source"]): string | undefined {
  if (source.kind === "changes") return source.list;
  return source.kind !== "folder" && source.uploaded ? source.path : undefined;
}

function committed({ dataset, version, rowCount }: DatasetVersion) {
  return { dataset, version, rowCount };
}

interface IngestedRows extends CommittedRows {
  notes?: readonly ValueNote[];
}

async function ingestOnce(
  payload: IngestPayload,
  context: JobContext,
  dependencies: IngestDependencies,
): Promise<IngestedRows> {
  const done = await findIngested(dependencies.store, payload.dataset, { ingestId: payload.intent });
  if (done) return { version: done, noop: false };
  const { source } = payload;
  const scratch = await dependencies.store.scratch();
  try {
    if (source.kind === "database") {
      return await ingestDatabase({ ...payload, source }, context, { ...dependencies, scratch });
    }
    return await ingestFiles({ ...payload, source }, context, { ...dependencies, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type FilePayload = IngestPayload & { source: Exclude<IngestPayload["source"], { kind: "database" }> };

async function ingestFiles(
  payload: FilePayload,
  context: JobContext,
  dependencies: IngestDependencies & { scratch: string },
): Promise<CommittedRows> {
  const { scratch } = dependencies;
  const changes = payload.source.kind === "changes" ? await readChanges(payload.source.list) : undefined;
  const settled = new AbortController();
  const signal = AbortSignal.any([context.signal, settled.signal]);
  // Reading the bytes for their checksum and reading them as rows share the disk's time; most files are new.
  const extracting = extractSource(
    payload,
    { ...context, signal },
    { scratch, memoryMib: dependencies.memoryMib, names: changes?.changed },
  );
  handledElsewhere(extracting);
  try {
    const contentHash = await checksumContent(payload.source, signal);
    const same = contentHash && (await findSame(payload, contentHash, dependencies));
    if (same) return { version: same, noop: true };
    const removedKeys = changes?.removed;
    const staged = await extracting;
    return await commitStaged(payload, context, { ...dependencies, staged, contentHash, removedKeys });
  } finally {
    settled.abort();
    await Promise.allSettled([extracting]);
  }
}

function findSame(payload: IngestPayload, contentHash: string, { store }: IngestDependencies) {
  const settings = {
    ...settingsOf(payload),
    ...(payload.key === undefined ? {} : { keyColumn: payload.key }),
  };
  const { mode } = payload;
  return findIngested(store, payload.dataset, { contentHash, mode, settings, contract: contractOf(payload) });
}

function extractSource(
  { source, onError }: FilePayload,
  { signal, progress }: JobContext,
  settings: { scratch: string; memoryMib: number; names: readonly string[] | undefined },
): Promise<Extraction> {
  const { scratch, memoryMib, names } = settings;
  const options = { path: source.path, name: source.name, scratch, onError, memoryMib, signal, progress };
  if (source.kind === "vectors") {
    return extractVectors({ ...options, columns: source.columns, idsPath: source.ids });
  }
  return source.kind === "file" ? extractFile(options) : extractFolder({ ...options, names });
}

/** Absent for files of a folder, which are looked at one by one. */
async function checksumContent(
  source: FilePayload["source"],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (source.kind === "folder" || source.kind === "changes") return undefined;
  const file = await checksumSource(source.path, signal);
  if (source.kind === "file") return file;
  // The same file under other names for its columns gives other rows.
  const ids = source.ids === undefined ? null : await checksumSource(source.ids, signal);
  return checksumBytes(canonicalJson({ file, ids, columns: source.columns }));
}

async function commitStaged(
  payload: FilePayload,
  { signal, progress }: JobContext,
  options: IngestDependencies & {
    staged: Extraction;
    contentHash: string | undefined;
    removedKeys: readonly string[] | undefined;
  },
): Promise<CommittedRows> {
  const { staged, store, memoryMib, removedKeys } = options;
  const checksum = options.contentHash ?? (await checksumSource(staged.parquetPath, signal));
  return commitRows({
    store,
    dataset: payload.dataset,
    ingestId: payload.intent,
    mode: payload.mode,
    ...(payload.key === undefined ? {} : { key: payload.key }),
    staged,
    removedKeys,
    contentHash:
      removedKeys === undefined
        ? checksum
        : checksumBytes(canonicalJson({ checksum, removedKeys: [...removedKeys] })),
    source: {
      kind: payload.source.kind === "folder" || payload.source.kind === "changes" ? "folder" : "file",
      name: payload.source.name,
      format: staged.format,
    },
    settings: settingsOf(payload),
    contract: contractOf(payload),
    onError: payload.onError,
    memoryMib,
    signal,
    progress,
  });
}

function settingsOf({ idColumn, textColumns, metadataColumns }: IngestPayload) {
  return { ...(idColumn === undefined ? {} : { idColumn }), textColumns, metadataColumns };
}

function contractOf({ contract }: IngestPayload): RowContract | undefined {
  return contract === undefined ? undefined : RowContract.parse(contract);
}

async function checksumSource(file: string, signal: AbortSignal): Promise<string> {
  try {
    return await checksumFile(file, { signal });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new DomainError({
      kind: "not-found",
      type: "source-missing",
      message: "The file to ingest is no longer there.",
      remedy: "Send it again.",
      cause,
    });
  }
}

import { rm } from "node:fs/promises";
import path from "node:path";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import type { DatasetVersion } from "@lakefleet/lib/dataset/dataset-version.ts";
import { findIngested } from "@lakefleet/lib/dataset/find-ingested.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { extractFile } from "@lakefleet/lib/extract/extract-file.ts";
import { extractFolder } from "@lakefleet/lib/extract/extract-folder.ts";
import { defineIndex } from "@lakefleet/lib/ingest/define-index.ts";
import type { IngestPayload } from "@lakefleet/lib/ingest/plan-ingest.ts";
import type { JobContext } from "@lakefleet/lib/jobs/run-worker.ts";
import { checksumFile } from "@lakefleet/lib/storage/checksum.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import type { Telemetry } from "@lakefleet/lib/telemetry/telemetry.ts";

export interface IngestDependencies {
  store: ObjectStore;
  telemetry: Telemetry;
  memoryMib: number;
}

/** Reads the source into one staged file, commits it as the dataset's next version, then defines the index it feeds. */
export async function handleIngest(
  payload: IngestPayload,
  context: JobContext,
  dependencies: IngestDependencies,
) {
  const { store, telemetry } = dependencies;
  const begin = performance.now();
  const { version, noop } = await ingestOnce(payload, context, dependencies);
  if (payload.index) await defineIndex({ store, settings: payload.index, dataset: version });
  // After a no-op the upload stays until the request has ended: a second delivery can tell only from it that all is done.
  if (payload.source.kind === "file" && payload.source.uploaded && !noop) {
    await rm(path.dirname(payload.source.path), { recursive: true, force: true });
  }
  const { ingest } = version;
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
    ...(ingest.rejectsKey === undefined || noop ? {} : { rejectsKey: ingest.rejectsKey }),
  };
}

async function ingestOnce(
  payload: IngestPayload,
  context: JobContext,
  { store, memoryMib }: IngestDependencies,
): Promise<{ version: DatasetVersion; noop: boolean }> {
  const { source } = payload;
  const done = await findIngested(store, payload.dataset, { ingestId: payload.intent });
  if (done) return { version: done, noop: false };
  const contentHash = source.kind === "file" ? await checksumSource(source.path, context.signal) : undefined;
  const settings = settingsOf(payload);
  const asked = { ...settings, ...(payload.key === undefined ? {} : { keyColumn: payload.key }) };
  const same =
    contentHash &&
    (await findIngested(store, payload.dataset, { contentHash, mode: payload.mode, settings: asked }));
  if (same) return { version: same, noop: true };
  const scratch = await store.scratch();
  try {
    const limits = {
      scratch,
      onError: payload.onError,
      memoryMib,
      signal: context.signal,
      progress: context.progress,
    };
    const staged =
      source.kind === "file"
        ? await extractFile({ path: source.path, name: source.name, ...limits })
        : await extractFolder({ path: source.path, name: source.name, ...limits });
    return await commitRows({
      store,
      dataset: payload.dataset,
      ingestId: payload.intent,
      mode: payload.mode,
      ...(payload.key === undefined ? {} : { key: payload.key }),
      staged,
      contentHash: contentHash ?? (await checksumSource(staged.parquetPath, context.signal)),
      source: { kind: source.kind, name: source.name, format: staged.format },
      settings,
      memoryMib,
      signal: context.signal,
      progress: context.progress,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function settingsOf({ idColumn, textColumns, metadataColumns }: IngestPayload) {
  return { ...(idColumn === undefined ? {} : { idColumn }), textColumns, metadataColumns };
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

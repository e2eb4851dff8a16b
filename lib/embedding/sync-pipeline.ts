import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { addRows, nothingAdded } from "./add-rows.ts";
import { assertLive } from "./assert-live.ts";
import type { PipelineDefinition } from "./chunk-row.ts";
import { findDeadRows, presentRowIds } from "./find-dead-rows.ts";
import { noteForgotten } from "./forgotten-texts.ts";
import { type LeavingChunks, noLeavingChunks, readAllHashes, readLeaving } from "./leaving-chunks.ts";
import { type MetaValues, readMeta, writeMeta } from "./pipeline-meta.ts";
import { hashShape, type PipelineShape, shapeOf } from "./pipeline-shape.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { rowPredicates } from "./row-predicate.ts";
import { tidyTable } from "./tidy-table.ts";

export interface SyncPipelineOptions {
  pipeline: Pipeline;
  store: ObjectStore;
  definition: PipelineDefinition;
  version: DatasetVersion;
  signal?: AbortSignal | undefined;
  progress?: ((progress: { done: number; total: number; unit: "rows" }) => void) | undefined;
}

export interface SyncResult {
  datasetVersion: number;
  rowsAdded: number;
  rowsRemoved: number;
  chunksAdded: number;
  /** Of these: chunks whose text a row had that left, so that their vector is theirs. */
  chunksKept: number;
  /** Of the chunks that came with a vector: those whose vector could not be stored. */
  chunksFailed: number;
  /** True where the definition had changed and every chunk was made anew. */
  reset: boolean;
}

/**
 * Brings `documents` level with a dataset version: chunks of new rows enter as `new`, or with their vector where a row
 * that leaves had the same text; chunks and vectors of dead rows leave. It costs what has changed since the version
 * before, and everything after a change of text columns or chunking. A version older than the one that is there
 * changes nothing. What it says in the end is on disk with the caller's next `pipeline.sync()`, and never before the
 * chunks that it speaks of.
 *
 * Safe to kill anywhere and to run again: a row's chunks enter in one commit, in ascending order of row id, so a later
 * run goes on behind the greatest id that is there. Throws `busy`, `lock-held`, while another run works on the index.
 */
export function syncPipeline(options: SyncPipelineOptions): Promise<SyncResult> {
  return options.pipeline.exclusively(() => syncAlone(options));
}

async function syncAlone(options: SyncPipelineOptions): Promise<SyncResult> {
  const { pipeline, version, signal } = options;
  const before = await readMeta(pipeline);
  const shape = shapeOf(options.definition, version);
  const settingsHash = hashShape(shape);
  const reset = before.settings_hash !== undefined && before.settings_hash !== settingsHash;
  const datasetVersion = Math.max(version.version, before.synced_dataset_version ?? 0);
  const isStale = datasetVersion > version.version;
  const isDone = before.synced_dataset_version === version.version && !reset && before.syncing_to === null;
  if (isStale || isDone) return { datasetVersion, ...nothingAdded, rowsRemoved: 0, reset: false };

  assertLive(signal);
  const wasCut = typeof before.syncing_to === "number";
  const meta = reset ? await removeAll(options) : before;
  const started = {
    settings_hash: settingsHash,
    syncing_to: version.version,
    ...(before.settings_hash === undefined && shape.vectors === undefined ? { spent_usd: 0 } : {}),
  };
  await pipeline.commit(() => writeMeta(pipeline, started));
  const dead = reset ? new Float64Array(0) : await findDeadRows({ ...options, meta });
  const leaving = await readLeft(options, shape, dead);
  await removeRows(pipeline, dead);
  const afterRowId = await lastPresentRow(pipeline, meta);
  const added = await addRows({ ...options, shape, leaving, afterRowId, wasCut });
  await pipeline.sync();
  await pipeline.commit(async () => {
    await writeMeta(pipeline, { ...metaAfter(version, settingsHash), ...embedderAfter(shape) });
    for (const table of [pipeline.documents, pipeline.embeddings, pipeline.meta]) await tidyTable(table);
  });
  return { datasetVersion, ...added, rowsRemoved: dead.length, reset };
}

function metaAfter(version: DatasetVersion, settingsHash: string): MetaValues {
  return {
    synced_dataset_version: version.version,
    synced_row_id_max: version.nextRowId - 1,
    synced_files: {
      files: version.files.map((file) => file.key),
      tombstones: version.tombstones.map((file) => file.key),
    },
    settings_hash: settingsHash,
    syncing_to: null,
  };
}

/** Vectors that come with the rows are all there now; others are told of by the run that makes them. */
function embedderAfter({ vectors, embedderId }: PipelineShape): MetaValues {
  return vectors === undefined ? {} : { embedder_id: embedderId, dimension: vectors.dimension };
}

/**
 * Empties the tables; their older versions stay for whoever reads them. The settings are named only afterwards, so
 * after a kill in between no run takes what is left for chunks of its own settings.
 */
async function removeAll({ pipeline, store, version }: SyncPipelineOptions): Promise<MetaValues> {
  await noteForgotten(store, pipeline.place, await readAllHashes(pipeline));
  const emptied = { settings_hash: "none", synced_row_id_max: -1, syncing_to: version.version };
  await pipeline.commit(async () => {
    await writeMeta(pipeline, emptied);
    await pipeline.embeddings.delete("true");
    await pipeline.documents.delete("true");
  });
  return emptied;
}

/** What the dead rows leave behind. Rows that bring their vectors leave nothing to keep and nothing in the cache. */
async function readLeft(
  { pipeline, store }: SyncPipelineOptions,
  { vectors, embedderId }: PipelineShape,
  dead: Float64Array,
): Promise<LeavingChunks> {
  if (vectors !== undefined || dead.length === 0) return noLeavingChunks();
  const leaving = await readLeaving(pipeline, dead, embedderId);
  await noteForgotten(store, pipeline.place, leaving.hashes);
  return leaving;
}

async function removeRows(pipeline: Pipeline, rowIds: Float64Array): Promise<void> {
  for (const predicate of rowPredicates(rowIds)) {
    await pipeline.commit(async () => {
      await pipeline.embeddings.delete(predicate);
      await pipeline.documents.delete(predicate);
    });
  }
}

/** A sync that was cut left rows behind the last synced one; their chunks are there whole. */
async function lastPresentRow(pipeline: Pipeline, meta: MetaValues): Promise<number> {
  const synced = meta.synced_row_id_max ?? -1;
  if (typeof meta.syncing_to !== "number") return synced;
  return Math.max(synced, (await presentRowIds(pipeline)).at(-1) ?? -1);
}

import { findColumn, requireColumn } from "../dataset/column-names.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { PlainValue } from "../dataset/plain-value.ts";
import { scanRows } from "../dataset/scan-rows.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { assertLive } from "./assert-live.ts";
import { addBrought, readBroughtVectors, removeUnfinished } from "./brought-vectors.ts";
import { chunkRow, type PipelineDefinition, type RowNaming } from "./chunk-row.ts";
import { type DocumentRow, newDocuments } from "./document-rows.ts";
import { findDeadRows, presentRowIds } from "./find-dead-rows.ts";
import { type MetaValues, readMeta, writeMeta } from "./pipeline-meta.ts";
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
  /** Of the chunks that came with a vector: those whose vector could not be stored. */
  chunksFailed: number;
  /** True where the definition had changed and every chunk was made anew. */
  reset: boolean;
}

/** Chunks in one commit: a commit costs 10 ms, and this many chunks of 300 characters are 3 MB. */
const chunksPerCommit = 8_192;
/** Long chunks fill a commit sooner: 64 MB of UTF-16 text. */
const unitsPerCommit = 32_000_000;
/** What the reader holds; one row may be a whole document. */
const rowsPerScan = 1_024;

/**
 * Brings `documents` level with a dataset version: chunks of new rows enter as `new`, chunks and vectors of dead rows
 * leave. It costs what has changed since the version before, and everything after a change of text columns or
 * chunking. A version older than the one that is there changes nothing.
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
  if (isStale || isDone)
    return { datasetVersion, rowsAdded: 0, rowsRemoved: 0, chunksAdded: 0, chunksFailed: 0, reset: false };

  assertLive(signal);
  const meta = reset ? await removeAll(pipeline, version) : before;
  const started = { settings_hash: settingsHash, syncing_to: version.version };
  await pipeline.commit(() => writeMeta(pipeline, started));
  const dead = reset ? new Float64Array(0) : await findDeadRows({ ...options, meta });
  await removeRows(pipeline, dead);
  const added = await addRows({ ...options, shape, afterRowId: await lastPresentRow(pipeline, meta) });
  await pipeline.sync();
  await pipeline.commit(async () => {
    await writeMeta(pipeline, { ...metaAfter(version, settingsHash), ...embedderAfter(shape) });
    for (const table of [pipeline.documents, pipeline.embeddings, pipeline.meta]) await tidyTable(table);
  });
  await pipeline.sync();
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
function embedderAfter({ vectors, embedderId }: Shape): MetaValues {
  return vectors === undefined ? {} : { embedder_id: embedderId, dimension: vectors.dimension };
}

/**
 * Empties the tables; their older versions stay for whoever reads them. The settings are named only afterwards, so
 * after a kill in between no run takes what is left for chunks of its own settings.
 */
async function removeAll(pipeline: Pipeline, version: DatasetVersion): Promise<MetaValues> {
  const emptied = { settings_hash: "none", synced_row_id_max: -1, syncing_to: version.version };
  await pipeline.commit(async () => {
    await writeMeta(pipeline, emptied);
    await pipeline.embeddings.delete("true");
    await pipeline.documents.delete("true");
  });
  return emptied;
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

type Shape = PipelineDefinition & RowNaming;

async function addRows(options: SyncPipelineOptions & { shape: Shape; afterRowId: number }) {
  const { pipeline, store, version, shape, afterRowId, signal, progress } = options;
  const scan = { store, version, columns: columnsOf(shape), afterRowId, batchSize: rowsPerScan, signal };
  const total = newRowsAtMost(version, afterRowId);
  if (shape.vectors !== undefined) await pipeline.commit(() => removeUnfinished(pipeline, afterRowId));
  let rowsAdded = 0;
  let chunksAdded = 0;
  let chunksFailed = 0;
  let waiting: DocumentRow[] = [];
  let waitingVectors: PlainValue[] = [];
  let waitingUnits = 0;
  const flush = async () => {
    const rows = waiting;
    const values = waitingVectors;
    waiting = [];
    waitingVectors = [];
    waitingUnits = 0;
    if (rows.length === 0) return;
    chunksFailed += await enter(pipeline, { rows, values, shape });
    chunksAdded += rows.filter((row) => row.totalChunks > 0).length;
    progress?.({ done: rowsAdded, total: Math.max(total, rowsAdded), unit: "rows" });
  };
  for await (const { rowIds, rows } of scanRows(scan)) {
    for (const [index, rowId] of rowIds.entries()) {
      for (const chunk of await chunkRow({ rowId, row: rows[index] ?? {} }, shape)) {
        waiting.push(chunk);
        waitingUnits += chunk.content.length;
      }
      if (shape.vectors !== undefined) {
        const vector = rows[index]?.[shape.vectors.column] ?? null;
        waitingVectors.push(vector);
        waitingUnits += typeof vector === "string" ? vector.length : 0;
      }
      rowsAdded += 1;
      if (waiting.length >= chunksPerCommit || waitingUnits >= unitsPerCommit) await flush();
    }
    assertLive(signal);
  }
  await flush();
  return { rowsAdded, chunksAdded, chunksFailed };
}

/** Commits a batch of chunks, with their vectors where they have brought them; gives how many of those are no good. */
async function enter(
  pipeline: Pipeline,
  batch: { rows: readonly DocumentRow[]; values: readonly PlainValue[]; shape: Shape },
): Promise<number> {
  const { rows, values, shape } = batch;
  const { vectors, embedderId } = shape;
  if (vectors === undefined) {
    await pipeline.commit(() => pipeline.documents.add(newDocuments(rows)));
    return 0;
  }
  const brought = readBroughtVectors(values, { embedderId, dimension: vectors.dimension });
  await pipeline.commit(() => addBrought(pipeline, rows, brought));
  return brought.errors.filter((error) => error !== null).length;
}

/** An upper bound for the progress: rows of these ids that have died meanwhile are not counted out. */
function newRowsAtMost(version: DatasetVersion, afterRowId: number): number {
  return Math.min(version.rowCount, Math.max(0, version.nextRowId - 1 - afterRowId));
}

/** The definition with the dataset's own spelling of its columns. Throws `invalid`, `column-unknown`. */
function shapeOf(
  { textColumns, metadataColumns, chunking, embedderId, vectors }: PipelineDefinition,
  version: DatasetVersion,
): Shape {
  const { columns } = version;
  const column = vectors && requireColumn(columns, vectors.column, "vector_column").name;
  return {
    embedderId,
    vectors: vectors && column !== undefined ? { column, dimension: vectors.dimension } : undefined,
    textColumns: textColumns.map((name) => requireColumn(columns, name, "text_columns").name),
    metadataColumns: metadataColumns.map((name) => requireColumn(columns, name, "metadata_columns").name),
    chunking: { size: chunking.size, overlap: chunking.overlap },
    idColumn: version.idColumn,
    pathColumn: findColumn(columns, "path")?.name,
  };
}

function columnsOf(shape: Shape): string[] {
  const { textColumns, idColumn, pathColumn, metadataColumns, vectors } = shape;
  const wanted = [...textColumns, idColumn, pathColumn, metadataColumns[0], vectors?.column];
  return [...new Set(wanted.filter((column) => column !== undefined))];
}

function hashShape(shape: Shape): string {
  const { textColumns, chunking, metadataColumns, idColumn, pathColumn, embedderId, vectors } = shape;
  const { size, overlap } = chunking;
  const shaping = [textColumns, size, overlap, metadataColumns[0], idColumn, pathColumn];
  const brought = vectors === undefined ? [] : [embedderId, vectors.column, vectors.dimension];
  return checksumBytes(JSON.stringify([...shaping, ...brought]));
}

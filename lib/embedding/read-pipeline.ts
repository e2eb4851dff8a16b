import type { Table } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";
import { DomainError } from "../errors/domain-error.ts";
import { textValues, vectorValues } from "./arrow-values.ts";
import { assertLive } from "./assert-live.ts";
import { type ChunkStates, readChunkStates } from "./chunk-states.ts";
import { readMeta } from "./pipeline-meta.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { rowIdOf } from "./row-predicate.ts";
import { decideRows, type RowStates } from "./row-states.ts";

/** Chunks that an index can be built of, in ascending order of row id and chunk index. */
export interface ReadyBlock {
  /** `<row id>-<chunk index>` */
  ids: string[];
  rowIds: Float64Array;
  docIds: string[];
  chunkIndexes: Uint32Array;
  contents: string[];
  /** `ids.length × dimension` values, each vector of length 1. */
  vectors: Float32Array;
}

export interface MissingRowState {
  rowId: number;
  docId: string;
  state: "failed" | "excluded" | "pending";
  reason: string;
}

/** One version of an index's documents, whatever is written meanwhile. `indexedRowCount` + missing rows = all rows. */
export interface PipelineSnapshot {
  readonly documentsTableVersion: number;
  readonly syncedDatasetVersion: number;
  readonly embedderId: string;
  readonly dimension: number;
  /** Chunks in all blocks together. */
  readonly chunkCount: number;
  readonly indexedRowCount: number;
  readonly missingRowCount: number;
  /** What the chunks were cut and named by: the same rows give the same chunks for as long as this is the same. */
  readonly settingsHash: string;
  /** What the vectors had cost until then; undefined where nobody counted. */
  readonly spentUsd: number | undefined;
  /** Rows that are indexed, ascending. */
  indexedRowIds(): Float64Array;
  /** Chunks of these of the indexed rows, which ascend. */
  countChunks(rowIds: Float64Array): number;
  /** All chunks, or those of the `rowIds`, which are indexed and ascend. */
  blocks(options?: {
    rowIds?: Float64Array | undefined;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<ReadyBlock, void, undefined>;
  missing(options?: { signal?: AbortSignal | undefined }): AsyncGenerator<MissingRowState, void, undefined>;
  close(): void;
}

/** Chunks in a block: 12 MB of vectors, and few enough commands to Lance. */
const blockSize = 4_096;

/**
 * Opens the present state for reading. Holds 30 bytes for each chunk (three times as much at first), and one block; the order costs nothing, as
 * chunks are looked up by address. Throws `conflict`, `pipeline-unsynced`, before the first sync and backfill, and
 * `busy`, `pipeline-syncing`, while (or after a kill in) a sync.
 */
export async function readPipeline({ pipeline }: { pipeline: Pipeline }): Promise<PipelineSnapshot> {
  const { meta, version } = await pipeline.commit(async () => ({
    meta: await readMeta(pipeline),
    version: await pipeline.documents.version(),
  }));
  const { synced_dataset_version: syncedDatasetVersion, embedder_id: embedderId, dimension } = meta;
  if (syncedDatasetVersion === undefined || embedderId === undefined || dimension === undefined) {
    throw unsyncedError(pipeline.index);
  }
  if (typeof meta.syncing_to === "number") throw syncingError(pipeline.index);
  const documents = await pipeline.openDocumentsAt(version);
  try {
    const chunks = await readChunkStates(documents, embedderId);
    const rows = decideRows(chunks);
    const indexedRowIds = distinctRowIds(chunks, rows);
    return {
      documentsTableVersion: version,
      syncedDatasetVersion,
      embedderId,
      dimension,
      chunkCount: rows.ready.length,
      indexedRowCount: rows.indexedRowCount,
      missingRowCount: rows.missing.length,
      settingsHash: meta.settings_hash ?? "",
      spentUsd: meta.spent_usd,
      indexedRowIds: () => indexedRowIds,
      countChunks: (rowIds) => positionsOf(chunks, rows.ready, rowIds).length,
      blocks: ({ rowIds, signal } = {}) => {
        const ready = rowIds === undefined ? rows.ready : positionsOf(chunks, rows.ready, rowIds);
        return readBlocks({ documents, chunks, ready, dimension, signal });
      },
      missing: ({ signal } = {}) => readMissing({ documents, chunks, rows, signal }),
      close: () => documents.close(),
    };
  } catch (error) {
    documents.close();
    throw error;
  }
}

/** Positions ascend with row ids, and a row's chunks stand together. */
function distinctRowIds({ rowIds }: ChunkStates, { ready, indexedRowCount }: RowStates): Float64Array {
  const distinct = new Float64Array(indexedRowCount);
  let filled = 0;
  for (let place = 0; place < ready.length; place += 1) {
    const rowId = rowIds[ready[place]!]!;
    if (filled === 0 || distinct[filled - 1] !== rowId) distinct[filled++] = rowId;
  }
  return distinct;
}

function positionsOf({ rowIds }: ChunkStates, ready: Uint32Array, wanted: Float64Array): Uint32Array {
  let next = 0;
  return ready.filter((position) => {
    const rowId = rowIds[position]!;
    while (next < wanted.length && wanted[next]! < rowId) next += 1;
    return wanted[next] === rowId;
  });
}

interface Reading {
  documents: Table;
  chunks: ChunkStates;
  signal: AbortSignal | undefined;
}

async function* readBlocks(
  reading: Reading & { ready: Uint32Array; dimension: number },
): AsyncGenerator<ReadyBlock, void, undefined> {
  const { documents, chunks, ready, dimension, signal } = reading;
  for (let first = 0; first < ready.length; first += blockSize) {
    assertLive(signal);
    const positions = ready.subarray(first, first + blockSize);
    const rowIds = Float64Array.from(positions, (position) => chunks.rowIds[position]!);
    const chunkIndexes = Uint32Array.from(positions, (position) => chunks.chunkIndexes[position]!);
    const ids = Array.from(rowIds, (rowId, index) => `${rowId}-${chunkIndexes[index]}`);
    const block: ReadyBlock = {
      ids,
      rowIds,
      docIds: ids.map(() => ""),
      chunkIndexes,
      contents: ids.map(() => ""),
      vectors: new Float32Array(positions.length * dimension),
    };
    const lines = documents.takeRowIds(addressesAt(chunks, positions));
    await fillBlock(block, lines.select(["id", "doc_id", "content", "vector"]));
    yield block;
  }
}

/** Lance answers in an order of its own, so every line goes where its id belongs. */
async function fillBlock(block: ReadyBlock, lines: AsyncIterable<RecordBatch>): Promise<void> {
  const places = new Map(block.ids.map((id, place) => [id, place]));
  const dimension = block.vectors.length / block.ids.length;
  for await (const batch of lines) {
    const [docIds, contents] = [textValues(batch, "doc_id"), textValues(batch, "content")];
    const vectors = vectorValues(batch, "vector");
    for (const [index, id] of textValues(batch, "id").entries()) {
      const place = places.get(id);
      const vector = vectors[index];
      if (place === undefined) throw new Error(`Lance gave chunk ${id}, which it was not asked for`);
      if (vector?.length !== dimension) throw vectorError(id);
      places.delete(id);
      block.docIds[place] = docIds[index] ?? "";
      block.contents[place] = contents[index] ?? "";
      block.vectors.set(vector, place * dimension);
    }
  }
  if (places.size > 0) throw new Error(`Lance gave ${places.size} chunks less than it was asked for`);
}

async function* readMissing(
  reading: Reading & { rows: RowStates },
): AsyncGenerator<MissingRowState, void, undefined> {
  const { documents, chunks, rows, signal } = reading;
  for (let first = 0; first < rows.missing.length; first += blockSize) {
    assertLive(signal);
    const slice = rows.missing.slice(first, first + blockSize);
    const positions = Uint32Array.from(slice, ({ position }) => position);
    const docIds = new Map<number, string>();
    for await (const batch of documents.takeRowIds(addressesAt(chunks, positions)).select(["id", "doc_id"])) {
      const values = textValues(batch, "doc_id");
      for (const [index, id] of textValues(batch, "id").entries())
        docIds.set(rowIdOf(id), values[index] ?? "");
    }
    for (const { position, state, reason } of slice) {
      const rowId = chunks.rowIds[position]!;
      yield { rowId, docId: docIds.get(rowId) ?? "", state, reason };
    }
  }
}

function addressesAt(chunks: ChunkStates, positions: Uint32Array): bigint[] {
  return Array.from(positions, (position) => chunks.addresses[position]!);
}

function unsyncedError(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "pipeline-unsynced",
    message: `Index "${index}" has no chunks with vectors yet.`,
    remedy: "Run its embed job first.",
  });
}

function syncingError(index: string): DomainError {
  return new DomainError({
    kind: "busy",
    type: "pipeline-syncing",
    message: `The chunks of index "${index}" are being brought up to date.`,
    remedy: "Try again when its embed job has finished.",
    retryAfterSeconds: 5,
  });
}

function vectorError(id: string): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "pipeline-vector",
    message: `Chunk ${id} is marked as done and has no vector of the right dimension.`,
    remedy: "Remove the index's pipeline folder; the next run makes it again from the dataset.",
  });
}

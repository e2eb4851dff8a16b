import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { scanRows } from "../../dataset/scan-rows.ts";
import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import { vectorFolder } from "../format/row-store-layout.ts";
import { segmentFolder } from "../format/segment-folder.ts";
import type { Segment } from "../generation-manifest.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { buildCancelled, type ChunkBlock, type SegmentBuild } from "./build-protocol.ts";
import { chunkBlocks } from "./chunk-blocks.ts";
import { startBuildThread } from "./start-build-thread.ts";
import { type BuiltGraph, takeGraph } from "./take-graph.ts";

export interface SegmentSource {
  store: ObjectStore;
  /** The generation's scratch folder, on the store's own disk. */
  folder: string;
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  /** The dataset version that the snapshot was made of. */
  version: DatasetVersion;
  columns: MetadataColumn[];
  threads: number;
  /** What may be taken instead of building a graph. */
  graphs?: readonly BuiltGraph[] | undefined;
  /** Told how many chunks of this segment are in. */
  progress: (done: number) => void;
  signal?: AbortSignal | undefined;
}

export interface SegmentOrder {
  number: number;
  /** Indexed rows, ascending. */
  rowIds: Float64Array;
  appended: boolean;
  shard: string | null;
}

/** Metadata rows that are read ahead. */
const rowsPerBatch = 2_048;

/**
 * An appended segment of so few chunks is compared whole: under a millisecond for `hnsw`, and what `lance` would do in
 * any case. Building a graph over it would take longer than all else of an append.
 */
const flatChunksMax = { hnsw: 500, lance: 2_000 };

export interface WrittenSegment {
  segment: Segment;
  /** The graph that was not built. */
  taken?: BuiltGraph | undefined;
}

/** 170 vectors of 768 values: a graph over so few takes 50 ms, and a thread takes 140 to start. */
const valuesMaxOfNoThread = 2 ** 17;

/**
 * Writes every file of one segment, unsynced: reads the pipeline and the dataset once, block by block, while a thread
 * of its own builds, unless there is too little to build. Only where a graph that seemed to fit turns out to be
 * another's, or damaged, is it done twice.
 */
export async function writeSegment(source: SegmentSource, order: SegmentOrder): Promise<WrittenSegment> {
  const { store, definition, snapshot, graphs = [], signal } = source;
  const { appended, shard } = order;
  const chunkCount = snapshot.countChunks(order.rowIds);
  const flat = appended && chunkCount <= flatChunksMax[definition.parameters.backend];
  const folder = segmentFolder(order.number);
  const segment = { folder, chunkCount, deadCount: 0, deadTokenCount: 0, appended, flat, shard };
  const fitting = flat ? [] : graphs.filter(({ vectorCount }) => vectorCount === chunkCount);
  if (fitting.length > 0) {
    await writeFiles(source, order, { chunkCount, flat: true });
    const vectors = path.join(source.folder, folder, vectorFolder);
    const taken = await takeGraph({ store, folder: vectors, graphs: fitting, signal });
    if (taken !== undefined) return { segment, taken };
    await rm(path.join(source.folder, folder), { recursive: true });
  }
  await writeFiles(source, order, { chunkCount, flat });
  return { segment };
}

async function writeFiles(
  source: SegmentSource,
  { number, rowIds }: SegmentOrder,
  { chunkCount, flat }: Pick<Segment, "chunkCount" | "flat">,
): Promise<void> {
  const { definition, snapshot, columns, threads, progress, signal } = source;
  const { parameters } = definition;
  const { dimension } = snapshot;
  const folder = path.join(source.folder, segmentFolder(number));
  await mkdir(folder, { recursive: true });
  const build = { folder, parameters, dimension, vectorCount: chunkCount, columns, threads, flat };
  const ready = snapshot.blocks({ rowIds, signal });
  const metadata = scanMetadata(source, rowIds);
  const work = { blocks: chunkBlocks({ ready, metadata, columns, dimension }), onProgress: progress, signal };
  if (chunkCount * dimension <= valuesMaxOfNoThread) await buildHere(build, work);
  else await buildInThread(build, work);
}

interface BuildWork {
  blocks: AsyncIterable<ChunkBlock>;
  onProgress: (done: number) => void;
  signal: AbortSignal | undefined;
}

async function buildInThread(build: SegmentBuild, { blocks, onProgress, signal }: BuildWork): Promise<void> {
  const thread = startBuildThread(build, { signal, onProgress });
  try {
    for await (const block of blocks) await thread.addChunks(block);
    await thread.finish();
  } finally {
    await thread.stop();
  }
}

async function buildHere(build: SegmentBuild, work: BuildWork): Promise<void> {
  const { buildSegment } = await import("./build-segment.ts");
  try {
    await buildSegment(build, work);
  } catch (error) {
    throw work.signal?.aborted ? buildCancelled(work.signal) : error;
  }
}

/** The index's metadata columns with their types in this version, or `invalid`, `metadata-column`. */
export function metadataColumnsOf(definition: IndexDefinition, version: DatasetVersion): MetadataColumn[] {
  return definition.metadataColumns.map((name) => {
    const column = version.columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return { name, type: column.type };
    throw new DomainError({
      kind: "invalid",
      type: "metadata-column",
      field: "metadata_columns",
      message: `The dataset ${version.dataset} has no column ${JSON.stringify(name)} at version ${version.version}.`,
      remedy: `Its columns are ${version.columns.map((candidate) => candidate.name).join(", ")}.`,
    });
  });
}

/** From the first of the rows on: appended ones are the last of their dataset. */
function scanMetadata({ store, version, columns, signal }: SegmentSource, rowIds: Float64Array) {
  const names = columns.map((column) => column.name);
  const afterRowId = (rowIds[0] ?? 0) - 1;
  return scanRows({ store, version, columns: names, afterRowId, batchSize: rowsPerBatch, signal });
}

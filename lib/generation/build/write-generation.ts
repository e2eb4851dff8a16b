import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { scanRows } from "../../dataset/scan-rows.ts";
import type { PipelineSnapshot } from "../../embedding/read-pipeline.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { MissingRow } from "../accounting.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import type { IndexDefinition } from "../index-definition.ts";
import { chunkBlocks } from "./chunk-blocks.ts";
import { type BuildThread, startBuildThread } from "./start-build-thread.ts";

export interface WriteGeneration {
  store: ObjectStore;
  /** An empty folder on the store's own disk. */
  folder: string;
  definition: IndexDefinition;
  snapshot: PipelineSnapshot;
  /** The dataset version that the snapshot was made of. */
  version: DatasetVersion;
  columns: MetadataColumn[];
  threads: number;
  progress?: ((progress: { done: number; total: number; unit: "chunks" }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Metadata rows that are read ahead; missing rows in one message. */
const rowsPerBatch = 2_048;

/**
 * Writes every file of a generation but its manifest, unsynced: reads the pipeline and the dataset once, block by
 * block, while a thread of its own builds.
 */
export async function writeGeneration(options: WriteGeneration): Promise<void> {
  const { folder, definition, snapshot, columns, threads, progress, signal } = options;
  const { dimension, chunkCount } = snapshot;
  progress?.({ done: 0, total: chunkCount, unit: "chunks" });
  const thread = startBuildThread(
    { folder, parameters: definition.parameters, dimension, vectorCount: chunkCount, columns, threads },
    { signal, onProgress: (done) => progress?.({ done, total: chunkCount, unit: "chunks" }) },
  );
  try {
    await sendMissing(snapshot, thread, signal);
    const ready = snapshot.blocks({ signal });
    for await (const block of chunkBlocks({ ready, metadata: scanMetadata(options), columns, dimension })) {
      await thread.addChunks(block);
    }
    await thread.finish();
  } finally {
    await thread.stop();
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

function scanMetadata({ store, version, columns, signal }: WriteGeneration) {
  const names = columns.map((column) => column.name);
  return scanRows({ store, version, columns: names, batchSize: rowsPerBatch, signal });
}

async function sendMissing(
  snapshot: PipelineSnapshot,
  thread: BuildThread,
  signal: AbortSignal | undefined,
): Promise<void> {
  let waiting: MissingRow[] = [];
  for await (const row of snapshot.missing({ signal })) {
    waiting.push(row);
    if (waiting.length < rowsPerBatch) continue;
    await thread.addMissing(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await thread.addMissing(waiting);
}

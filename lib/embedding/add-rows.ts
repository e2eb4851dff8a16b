import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { PlainValue } from "../dataset/plain-value.ts";
import { scanRows } from "../dataset/scan-rows.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { assertLive } from "./assert-live.ts";
import { addBrought, readBroughtVectors, removeUnfinished } from "./brought-vectors.ts";
import { chunkRow } from "./chunk-row.ts";
import { type DocumentRow, newDocuments } from "./document-rows.ts";
import { carryVectors, type LeavingChunks } from "./leaving-chunks.ts";
import { columnsOf, type PipelineShape } from "./pipeline-shape.ts";
import type { Pipeline } from "./pipeline-tables.ts";

/** Chunks in one commit: a commit costs 10 ms, and this many chunks of 300 characters are 3 MB. */
const chunksPerCommit = 8_192;
/** Long chunks fill a commit sooner: 64 MB of UTF-16 text. */
const unitsPerCommit = 32_000_000;
/** What the reader holds; one row may be a whole document. */
const rowsPerScan = 1_024;

/** What a run says that had no row to add. */
export const nothingAdded = { rowsAdded: 0, chunksAdded: 0, chunksKept: 0, chunksFailed: 0 };

interface Addition {
  pipeline: Pipeline;
  store: ObjectStore;
  version: DatasetVersion;
  signal?: AbortSignal | undefined;
  progress?: ((progress: { done: number; total: number; unit: "rows" }) => void) | undefined;
  shape: PipelineShape;
  leaving: LeavingChunks;
  afterRowId: number;
  /** A run before this one may have left vectors of rows that it did not come to. */
  wasCut: boolean;
}

/** Chunks the rows behind `afterRowId` and enters them, a bounded number in each commit and never a part of a row. */
export async function addRows(options: Addition) {
  const { pipeline, store, version, shape, leaving, afterRowId, wasCut, signal, progress } = options;
  const scan = { store, version, columns: columnsOf(shape), afterRowId, batchSize: rowsPerScan, signal };
  const total = newRowsAtMost(version, afterRowId);
  if (shape.vectors !== undefined || wasCut)
    await pipeline.commit(() => removeUnfinished(pipeline, afterRowId));
  let { rowsAdded, chunksAdded, chunksKept, chunksFailed } = nothingAdded;
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
    const entered = await enter(pipeline, { rows, values, shape, leaving });
    chunksFailed += entered.failed;
    chunksKept += entered.kept;
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
  return { rowsAdded, chunksAdded, chunksKept, chunksFailed };
}

interface Batch {
  rows: readonly DocumentRow[];
  values: readonly PlainValue[];
  shape: PipelineShape;
  leaving: LeavingChunks;
}

/** Commits a batch of chunks, with the vectors that they have brought or that their texts had before. */
async function enter(pipeline: Pipeline, batch: Batch): Promise<{ kept: number; failed: number }> {
  const { rows, values, shape, leaving } = batch;
  const { vectors, embedderId } = shape;
  if (vectors === undefined) {
    const carried = carryVectors(rows, leaving, embedderId);
    await pipeline.commit(async () => {
      if (carried === undefined) await pipeline.documents.add(newDocuments(rows));
      else await addBrought(pipeline, rows, carried);
    });
    return { kept: carried?.errors.filter((error) => error === null).length ?? 0, failed: 0 };
  }
  const brought = readBroughtVectors(values, { embedderId, dimension: vectors.dimension });
  await pipeline.commit(() => addBrought(pipeline, rows, brought));
  return { kept: 0, failed: brought.errors.filter((error) => error !== null).length };
}

/** An upper bound for the progress: rows of these ids that have died meanwhile are not counted out. */
function newRowsAtMost(version: DatasetVersion, afterRowId: number): number {
  return Math.min(version.rowCount, Math.max(0, version.nextRowId - 1 - afterRowId));
}

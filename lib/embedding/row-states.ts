import { DomainError } from "../errors/domain-error.ts";
import {
  type ChunkStates,
  chunkExcluded,
  chunkFailed,
  chunkFeatureless,
  chunkPending,
  chunkReady,
} from "./chunk-states.ts";
import { noFeatures } from "./pending-rows.ts";

/** What becomes of the dataset's rows; positions are those of `ChunkStates`. */
export interface RowStates {
  /** Chunks with a vector, of rows that are indexed. */
  ready: Uint32Array;
  /** The first chunk of each row that is not indexed, with why. */
  missing: { position: number; state: "failed" | "excluded" | "pending"; reason: string }[];
  indexedRowCount: number;
}

/**
 * A row is indexed where every chunk has a vector, but for chunks without a letter or a digit, as long as one chunk
 * has a vector. Else it is failed if one chunk failed, pending if one is waited for. A row that is not indexed gives
 * no chunk at all, so every row is in exactly one place. Throws `corrupt`, `pipeline-chunks`, where a row's chunks are
 * not each there once.
 */
export function decideRows(chunks: ChunkStates): RowStates {
  const { rowIds, states, failures } = chunks;
  const ready = new Uint32Array(rowIds.length);
  const missing: RowStates["missing"] = [];
  let readyCount = 0;
  let indexedRowCount = 0;
  for (let first = 0; first < rowIds.length; ) {
    const end = rowEnd(chunks, first);
    const worst = worstState(states.subarray(first, end));
    const row = describe(worst, failures);
    if (row === undefined) {
      indexedRowCount += 1;
      for (let position = first; position < end; position += 1) {
        if (states[position] === chunkReady) ready[readyCount++] = position;
      }
    } else missing.push({ position: first, ...row });
    first = end;
  }
  return { ready: ready.subarray(0, readyCount), missing, indexedRowCount };
}

function rowEnd({ rowIds, chunkIndexes, totalChunks }: ChunkStates, first: number): number {
  let end = first;
  while (end < rowIds.length && rowIds[end] === rowIds[first]) {
    if (chunkIndexes[end] !== end - first) throw chunksError(rowIds[first] ?? -1);
    end += 1;
  }
  if (end - first !== Math.max(1, totalChunks[first] ?? 0)) throw chunksError(rowIds[first] ?? -1);
  return end;
}

/** A failure outweighs waiting, which outweighs the rest; `chunkFeatureless` counts only where nothing is ready. */
function worstState(states: Uint8Array): number {
  let worst = chunkReady;
  let hasReady = false;
  for (const state of states) {
    hasReady ||= state === chunkReady;
    if (state >= chunkFailed) return state;
    if (worst !== chunkPending && state !== chunkReady) worst = state;
  }
  return worst === chunkFeatureless && hasReady ? chunkReady : worst;
}

function describe(
  state: number,
  failures: readonly string[],
): Omit<RowStates["missing"][number], "position"> | undefined {
  if (state === chunkReady) return undefined;
  if (state === chunkExcluded) return { state: "excluded", reason: "empty_text" };
  if (state === chunkPending) return { state: "pending", reason: "not_embedded" };
  if (state === chunkFeatureless) return { state: "failed", reason: noFeatures };
  return { state: "failed", reason: failures[state - chunkFailed] || "unknown" };
}

function chunksError(rowId: number): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "pipeline-chunks",
    message: `The chunks of row ${rowId} are not each there once.`,
    place: { row: rowId },
    remedy: "Remove the index's pipeline folder; the next run makes it again from the dataset.",
  });
}

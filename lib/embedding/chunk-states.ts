import type { Table } from "@lancedb/lancedb";
import { countValues, rowAddresses, textValues } from "./arrow-values.ts";
import { noFeatures } from "./pending-rows.ts";
import { rowIdOf } from "./row-predicate.ts";

/** How far a chunk has come, before its row's other chunks are looked at. */
export const chunkReady = 0;
export const chunkExcluded = 1;
export const chunkPending = 2;
/** The text has nothing to search for; beside chunks that have, it does no harm. */
export const chunkFeatureless = 3;
/** `chunkFailed + n` failed for the reason `failures[n]`. */
export const chunkFailed = 4;

/** Every chunk of one version of `documents`, in ascending order of row id and chunk index; 25 bytes each. */
export interface ChunkStates {
  rowIds: Float64Array;
  chunkIndexes: Uint32Array;
  totalChunks: Uint32Array;
  /** Where Lance finds the line in this version. */
  addresses: BigUint64Array;
  states: Uint8Array;
  failures: string[];
}

const columns = [
  "id",
  "chunk_index",
  "total_chunks",
  "embedding_status",
  "embedding_error",
  "embedding_version",
];

/** Reads the narrow columns of the whole table; a vector of another embedder counts as none. */
export async function readChunkStates(documents: Table, embedderId: string): Promise<ChunkStates> {
  const count = await documents.countRows();
  const read: ChunkStates = {
    rowIds: new Float64Array(count),
    chunkIndexes: new Uint32Array(count),
    totalChunks: new Uint32Array(count),
    addresses: new BigUint64Array(count),
    states: new Uint8Array(count),
    failures: [],
  };
  let filled = 0;
  for await (const batch of documents.query().select(columns).withRowId()) {
    const [ids, statuses, errors, versions] = [
      textValues(batch, "id"),
      textValues(batch, "embedding_status"),
      textValues(batch, "embedding_error"),
      textValues(batch, "embedding_version"),
    ];
    const totals = countValues(batch, "total_chunks");
    read.chunkIndexes.set(countValues(batch, "chunk_index"), filled);
    read.totalChunks.set(totals, filled);
    read.addresses.set(rowAddresses(batch), filled);
    for (const [index, id] of ids.entries()) {
      const isCurrent = versions[index] === embedderId;
      const chunk = { status: statuses[index], error: errors[index] ?? "", total: totals[index], isCurrent };
      read.rowIds[filled] = rowIdOf(id);
      read.states[filled] = chunkState(chunk, read.failures);
      filled += 1;
    }
  }
  return isAscending(read) ? read : inOrder(read);
}

function chunkState(
  chunk: { status: string | undefined; error: string; total: number | undefined; isCurrent: boolean },
  failures: string[],
): number {
  if (chunk.total === 0) return chunkExcluded;
  if (!chunk.isCurrent) return chunkPending;
  if (chunk.status === "ready") return chunkReady;
  if (chunk.status !== "error") return chunkPending;
  if (chunk.error === noFeatures) return chunkFeatureless;
  if (!failures.includes(chunk.error)) failures.push(chunk.error);
  return chunkFailed + failures.indexOf(chunk.error);
}

function isAscending({ rowIds, chunkIndexes }: ChunkStates): boolean {
  for (let index = 1; index < rowIds.length; index += 1) {
    if (compareAt({ rowIds, chunkIndexes }, index - 1, index) > 0) return false;
  }
  return true;
}

function inOrder(states: ChunkStates): ChunkStates {
  const order = Uint32Array.from(states.rowIds.keys()).sort((first, second) =>
    compareAt(states, first, second),
  );
  return {
    rowIds: Float64Array.from(order, (index) => states.rowIds[index]!),
    chunkIndexes: Uint32Array.from(order, (index) => states.chunkIndexes[index]!),
    totalChunks: Uint32Array.from(order, (index) => states.totalChunks[index]!),
    addresses: BigUint64Array.from(order, (index) => states.addresses[index]!),
    states: Uint8Array.from(order, (index) => states.states[index]!),
    failures: states.failures,
  };
}

function compareAt(
  { rowIds, chunkIndexes }: Pick<ChunkStates, "rowIds" | "chunkIndexes">,
  first: number,
  second: number,
): number {
  return rowIds[first]! - rowIds[second]! || chunkIndexes[first]! - chunkIndexes[second]!;
}

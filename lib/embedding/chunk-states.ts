import type { Table } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import { numberValues, rowAddresses, textValues } from "./arrow-values.ts";
import { noFeatures } from "./pending-rows.ts";
import { rowIdAsDoubleSql } from "./row-predicate.ts";

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

/** Worked out by Lance on all cores, because texts are slow to take over one by one. */
const columnsFor = (embedderId: string) =>
  new Map([
    ["row_id", rowIdAsDoubleSql],
    ["chunk_index", "chunk_index"],
    ["total_chunks", "total_chunks"],
    ["is_current", `cast(coalesce(embedding_version, '') = ${sqlLiteral(embedderId)} as int)`],
    ["is_ready", "cast(embedding_status = 'ready' as int)"],
    ["is_error", "cast(embedding_status = 'error' as int)"],
    ["embedding_error", "embedding_error"],
  ]);

/** Lance gives a thousand lines at a time where it is not told otherwise, which takes twice as long. */
const linesPerBatch = 65_536;

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
  const narrow = documents.query().select(columnsFor(embedderId)).withRowId();
  const { batches } = await narrow.toArrow({ maxBatchLength: linesPerBatch });
  for (const batch of batches) {
    read.rowIds.set(numberValues(batch, "row_id"), filled);
    read.chunkIndexes.set(numberValues(batch, "chunk_index"), filled);
    read.totalChunks.set(numberValues(batch, "total_chunks"), filled);
    read.addresses.set(rowAddresses(batch), filled);
    setStates(read.states.subarray(filled), batch, read.failures);
    filled += batch.numRows;
  }
  return isAscending(read) ? read : inOrder(read);
}

function setStates(states: Uint8Array, batch: RecordBatch, failures: string[]): void {
  const totals = numberValues(batch, "total_chunks");
  const isCurrent = numberValues(batch, "is_current");
  const isReady = numberValues(batch, "is_ready");
  const isError = numberValues(batch, "is_error");
  const errors = isError.includes(1) ? textValues(batch, "embedding_error") : [];
  for (let line = 0; line < batch.numRows; line += 1) {
    if (totals[line] === 0) states[line] = chunkExcluded;
    else if (isCurrent[line] === 0) states[line] = chunkPending;
    else if (isReady[line] === 1) states[line] = chunkReady;
    else states[line] = isError[line] === 1 ? failedState(errors[line] ?? "", failures) : chunkPending;
  }
}

function failedState(error: string, failures: string[]): number {
  if (error === noFeatures) return chunkFeatureless;
  if (!failures.includes(error)) failures.push(error);
  return chunkFailed + failures.indexOf(error);
}

function isAscending({ rowIds, chunkIndexes }: ChunkStates): boolean {
  for (let index = 1; index < rowIds.length; index += 1) {
    if (compareAt({ rowIds, chunkIndexes }, index - 1, index) > 0) return false;
  }
  return true;
}

function inOrder(states: ChunkStates): ChunkStates {
  const order = ascendingOrder(states);
  const sorted: ChunkStates = {
    rowIds: new Float64Array(order.length),
    chunkIndexes: new Uint32Array(order.length),
    totalChunks: new Uint32Array(order.length),
    addresses: new BigUint64Array(order.length),
    states: new Uint8Array(order.length),
    failures: states.failures,
  };
  for (let place = 0; place < order.length; place += 1) {
    const from = order[place]!;
    sorted.rowIds[place] = states.rowIds[from]!;
    sorted.chunkIndexes[place] = states.chunkIndexes[from]!;
    sorted.totalChunks[place] = states.totalChunks[from]!;
    sorted.addresses[place] = states.addresses[from]!;
    sorted.states[place] = states.states[from]!;
  }
  return sorted;
}

/** The engine sorts bare numbers many times faster than it compares by a function; all of them are below 2^53. */
function ascendingOrder({ rowIds, chunkIndexes }: ChunkStates): Uint32Array {
  const width = 1 + chunkIndexes.reduce((greatest, index) => Math.max(greatest, index), 0);
  const keys = rowIds.map((rowId, place) => rowId * width + chunkIndexes[place]!);
  const places = new Map<number, number>();
  for (let place = 0; place < keys.length; place += 1) places.set(keys[place]!, place);
  const order = new Uint32Array(keys.length);
  for (const [place, key] of keys.sort().entries()) order[place] = places.get(key)!;
  return order;
}

function compareAt(
  { rowIds, chunkIndexes }: Pick<ChunkStates, "rowIds" | "chunkIndexes">,
  first: number,
  second: number,
): number {
  return rowIds[first]! - rowIds[second]! || chunkIndexes[first]! - chunkIndexes[second]!;
}

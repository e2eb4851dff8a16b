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
  putInOrder(read);
  return read;
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

/** Lance keeps the order of writing, so all but what the last runs wrote is in order as a rule. */
function putInOrder(states: ChunkStates): void {
  const first = countOrdered(states);
  const { rowIds, chunkIndexes, totalChunks, addresses, states: marks } = states;
  const rest = { rowIds: rowIds.slice(first), chunkIndexes: chunkIndexes.slice(first) };
  const order = ascendingOrder(rest);
  const [totals, places, before] = [totalChunks.slice(first), addresses.slice(first), marks.slice(first)];
  for (const [place, from] of order.entries()) {
    rowIds[first + place] = rest.rowIds[from]!;
    chunkIndexes[first + place] = rest.chunkIndexes[from]!;
    totalChunks[first + place] = totals[from]!;
    addresses[first + place] = places[from]!;
    marks[first + place] = before[from]!;
  }
}

/** The chunks at the beginning that stand where they belong among all. */
function countOrdered(states: Order): number {
  const { length } = states.rowIds;
  let ordered = Math.min(1, length);
  while (ordered < length && compareAt(states, ordered - 1, ordered) <= 0) ordered += 1;
  let least = ordered;
  for (let place = ordered; place < length; place += 1)
    if (compareAt(states, place, least) < 0) least = place;
  while (least < length && ordered > 0 && compareAt(states, ordered - 1, least) > 0) ordered -= 1;
  return ordered;
}

/** The engine sorts bare numbers many times faster than it compares by a function; all of them are below 2^53. */
function ascendingOrder({ rowIds, chunkIndexes }: Order): Uint32Array {
  const width = 1 + chunkIndexes.reduce((greatest, index) => Math.max(greatest, index), 0);
  const keys = rowIds.map((rowId, place) => rowId * width + chunkIndexes[place]!);
  const places = new Map<number, number>();
  for (let place = 0; place < keys.length; place += 1) places.set(keys[place]!, place);
  const order = new Uint32Array(keys.length);
  for (const [place, key] of keys.sort().entries()) order[place] = places.get(key)!;
  return order;
}

type Order = Pick<ChunkStates, "rowIds" | "chunkIndexes">;

function compareAt({ rowIds, chunkIndexes }: Order, first: number, second: number): number {
  return rowIds[first]! - rowIds[second]! || chunkIndexes[first]! - chunkIndexes[second]!;
}

import type { RowBatch } from "../../dataset/scan-rows.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import type { ChunkBlock } from "./build-protocol.ts";
import { createMembership } from "./row-membership.ts";
import type { ChunkRecord } from "./write-row-store.ts";

/** A chunk that has a vector. */
export interface EmbeddedChunk extends Omit<ChunkRecord, "metadata"> {
  vector: Float32Array;
}

/** As many as a graph takes in at a time: 6 MB of vectors of 768 values. */
const chunksPerBlock = 2_048;

/**
 * The chunks of live rows in blocks, each with its row's metadata. All three inputs ascend by row id; the scan has
 * every live row.
 */
export async function* chunkBlocks(input: {
  chunks: AsyncIterable<readonly EmbeddedChunk[]>;
  liveRowIds: Float64Array;
  metadata: AsyncIterable<RowBatch>;
  columns: readonly MetadataColumn[];
  dimension: number;
}): AsyncGenerator<ChunkBlock> {
  const { columns, dimension } = input;
  const isLive = createMembership(input.liveRowIds);
  const metadataOf = createRowCursor(input.metadata);
  let waiting: EmbeddedChunk[] = [];
  let records: ChunkRecord[] = [];
  const take = (): ChunkBlock => {
    const vectors = new Float32Array(waiting.length * dimension);
    for (const [place, { vector }] of waiting.entries()) vectors.set(vector, place * dimension);
    const block = { chunks: records, vectors };
    waiting = [];
    records = [];
    return block;
  };
  for await (const batch of input.chunks) {
    for (const chunk of batch) {
      if (!isLive(chunk.rowId)) continue;
      const { vector: _vector, ...record } = chunk;
      const row = columns.length === 0 ? {} : await metadataOf(chunk.rowId);
      waiting.push(chunk);
      records.push({ ...record, metadata: columns.map((column) => row[column.name]) });
      if (records.length === chunksPerBlock) yield take();
    }
  }
  if (records.length > 0) yield take();
}

/** The values of a row, asked for in ascending order; the same row may be asked for again. */
function createRowCursor(batches: AsyncIterable<RowBatch>) {
  const iterator = batches[Symbol.asyncIterator]();
  let batch: RowBatch = { rowIds: [], rows: [] };
  let position = 0;
  return async (rowId: number): Promise<RowBatch["rows"][number]> => {
    for (;;) {
      while ((batch.rowIds[position] ?? Number.POSITIVE_INFINITY) < rowId) position += 1;
      const row = batch.rows[position];
      if (batch.rowIds[position] === rowId && row !== undefined) return row;
      if (position < batch.rowIds.length) throw new Error(`the dataset scan passed by row ${rowId}`);
      const next = await iterator.next();
      if (next.done === true) throw new Error(`the dataset scan ended before row ${rowId}`);
      batch = next.value;
      position = 0;
    }
  };
}

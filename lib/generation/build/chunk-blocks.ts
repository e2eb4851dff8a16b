import type { RowBatch } from "../../dataset/scan-rows.ts";
import type { ReadyBlock } from "../../embedding/read-pipeline.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import type { ChunkBlock } from "./build-protocol.ts";
import type { ChunkRecord } from "./write-row-store.ts";

/** What a graph takes in at a time. Copying more to another thread would hold the event loop for too long. */
const chunksMax = 2_048;

/** The pipeline's chunks with their rows' metadata. Both ascend by row id, and the scan has every row of the chunks. */
export async function* chunkBlocks(input: {
  ready: AsyncIterable<ReadyBlock>;
  metadata: AsyncIterable<RowBatch>;
  columns: readonly MetadataColumn[];
  dimension: number;
}): AsyncGenerator<ChunkBlock> {
  const { columns, dimension } = input;
  await using rows = createRowCursor(input.metadata);
  for await (const block of input.ready) {
    let chunks: ChunkRecord[] = [];
    let first = 0;
    for (const [place, id] of block.ids.entries()) {
      const rowId = block.rowIds[place] ?? 0;
      const row = columns.length === 0 ? undefined : await rows.at(rowId);
      chunks.push({
        id,
        rowId,
        docId: block.docIds[place] ?? "",
        chunkIndex: block.chunkIndexes[place] ?? 0,
        text: block.contents[place] ?? "",
        metadata: columns.map((column) => row?.[column.name]),
      });
      if (chunks.length < chunksMax && place + 1 < block.ids.length) continue;
      yield { chunks, vectors: block.vectors.slice(first * dimension, (place + 1) * dimension) };
      chunks = [];
      first = place + 1;
    }
  }
}

type Row = RowBatch["rows"][number];

/** The values of a row, asked for in ascending order; the same row may be asked for again. */
function createRowCursor(batches: AsyncIterable<RowBatch>) {
  const iterator = batches[Symbol.asyncIterator]();
  let batch: RowBatch = { rowIds: [], rows: [] };
  let position = 0;
  const found = (rowId: number): Row | undefined => {
    while ((batch.rowIds[position] ?? Number.POSITIVE_INFINITY) < rowId) position += 1;
    if (position === batch.rowIds.length) return undefined;
    const row = batch.rows[position];
    if (batch.rowIds[position] === rowId && row !== undefined) return row;
    throw new Error(`the dataset scan passed by row ${rowId}`);
  };
  return {
    async at(rowId: number): Promise<Row> {
      for (;;) {
        const row = found(rowId);
        if (row !== undefined) return row;
        const next = await iterator.next();
        if (next.done === true) throw new Error(`the dataset scan ended before row ${rowId}`);
        batch = next.value;
        position = 0;
      }
    },
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
    },
  };
}

import type { LedgerBlock } from "./build-protocol.ts";
import { type ChunkProgress, classifyRow } from "./classify-row.ts";
import { createMembership } from "./row-membership.ts";

/** One chunk of the pipeline without its text and vector. */
export interface ChunkState extends ChunkProgress {
  rowId: number;
  docId: string;
}

/** Rows in one message to the build thread: a few milliseconds of copying. */
const rowsPerBlock = 8_192;
const pendingReason = "not_embedded";

/**
 * Where each live row stands that the pipeline knows, from all chunks in ascending order of row id. Rows that it does
 * not know are in no block: whoever holds a ledger against the dataset finds them pending. Gives the number of chunks
 * that have a vector at the end.
 */
export async function* closeLedger(
  chunks: AsyncIterable<readonly ChunkState[]>,
  liveRowIds: Float64Array,
): AsyncGenerator<LedgerBlock, number> {
  const isLive = createMembership(liveRowIds);
  let block: LedgerBlock = { indexedRows: [], rowStates: [] };
  let row: ChunkState[] = [];
  let vectorCount = 0;
  const endRow = () => {
    const [first] = row;
    if (first === undefined || !isLive(first.rowId)) return;
    vectorCount += row.filter(hasVector).length;
    const { rowId, docId } = first;
    const found = classifyRow(row);
    if (found.state === "indexed") block.indexedRows.push(rowId);
    else block.rowStates.push({ rowId, docId, reason: pendingReason, ...found });
  };
  for await (const batch of chunks) {
    for (const chunk of batch) {
      if (chunk.rowId !== row[0]?.rowId) {
        endRow();
        row = [];
      }
      row.push(chunk);
    }
    if (block.indexedRows.length + block.rowStates.length < rowsPerBlock) continue;
    yield block;
    block = { indexedRows: [], rowStates: [] };
  }
  endRow();
  yield block;
  return vectorCount;
}

/** The chunks that go into a generation. */
export function hasVector({ status, totalChunks }: Pick<ChunkProgress, "status" | "totalChunks">): boolean {
  return status === "ready" && totalChunks > 0;
}

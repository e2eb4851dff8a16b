import { DomainError } from "../../errors/domain-error.ts";
import type { MissingRow } from "../accounting.ts";
import type { RowLedger } from "../reconcile-rows.ts";
import { openImmutable } from "./open-immutable.ts";

/** Opens a published ledger. Its checksum must have been verified. */
export function openLedgerFile(path: string): RowLedger & { close(): void } {
  const database = openImmutable(path);
  const readRanges = database.prepare("SELECT first, last FROM indexed_range ORDER BY first");
  readRanges.setReturnArrays(true);
  const readStates = database.prepare(
    "SELECT row_id, doc_id, state, reason FROM row_state WHERE row_id > ? ORDER BY row_id LIMIT ?",
  );
  return {
    indexedRanges: () => Float64Array.from((readRanges.all() as unknown as number[][]).flat()),
    rowStates: ({ afterRowId, limit }) =>
      readStates.all(afterRowId, limit).map((row) => ({
        rowId: Number(row.row_id),
        docId: String(row.doc_id),
        state: missingState(row.state),
        reason: String(row.reason),
      })),
    close: () => database.close(),
  };
}

function missingState(state: unknown): MissingRow["state"] {
  if (state === "pending" || state === "failed" || state === "excluded") return state;
  throw new DomainError({
    kind: "corrupt",
    type: "generation-damaged",
    message: `A ledger holds the unknown row state ${JSON.stringify(state)}.`,
    remedy: "Roll the index back, or rebuild it.",
  });
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Accounting, MissingRow } from "./accounting.ts";

/** What a generation knows of its dataset's rows; a row store is one. */
export interface RowLedger {
  /** Row ids that are indexed whole, as ascending pairs of first and last, both included. */
  indexedRanges(): Float64Array;
  /** Rows that are not, ascending by row id, from those after `afterRowId`. */
  rowStates(page: { afterRowId: number; limit: number }): MissingRow[];
}

export const emptyLedger: RowLedger = { indexedRanges: () => new Float64Array(), rowStates: () => [] };

/** A live row that is not indexed whole; without `known` the ledger has never heard of it. */
export interface UnindexedRow {
  rowId: number;
  known: MissingRow | undefined;
}

export interface RowWindow {
  /** Rows of the window that the ledger calls indexed; one that it also calls missing stands in both counts. */
  indexedCount: number;
  unindexed: UnindexedRow[];
}

/** Rows between two turns of the event loop: about a millisecond of work. */
const windowSize = 16_384;

/** Holds live row ids (ascending) against a ledger, window by window. */
export async function* reconcileRows(
  liveRowIds: ArrayLike<number>,
  ledger: RowLedger,
): AsyncGenerator<RowWindow> {
  const inRange = rangeCursor(ledger.indexedRanges());
  const stateOf = stateCursor(ledger);
  for (let start = 0; start < liveRowIds.length; start += windowSize) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + windowSize, liveRowIds.length);
    const window: RowWindow = { indexedCount: 0, unindexed: [] };
    for (let position = start; position < end; position += 1) {
      const rowId = liveRowIds[position] ?? 0;
      const indexed = inRange(rowId);
      const known = stateOf(rowId);
      if (indexed) window.indexedCount += 1;
      if (!indexed || known !== undefined) window.unindexed.push({ rowId, known });
    }
    yield window;
  }
}

export interface Books extends Accounting {
  /** Rows that are indexed, and so are found, although the dataset no longer has them. */
  stale: number;
}

/** Closes the books: `rows` is the dataset's own count, so a row that is lost or counted twice unbalances them. */
export async function closeBooks(
  rows: number,
  liveRowIds: ArrayLike<number>,
  ledger: RowLedger,
): Promise<Books> {
  const books: Books = { rows, indexed: 0, pending: 0, failed: {}, excluded: {}, balanced: false, stale: 0 };
  for await (const window of reconcileRows(liveRowIds, ledger)) {
    books.indexed += window.indexedCount;
    for (const { known } of window.unindexed) {
      if (known === undefined || known.state === "pending") books.pending += 1;
      else books[known.state][known.reason] = (books[known.state][known.reason] ?? 0) + 1;
    }
  }
  books.stale = rangeTotal(ledger.indexedRanges()) - books.indexed;
  books.balanced = isBalanced(books);
  return books;
}

/** The identity that always holds: rows = indexed + pending + failed + excluded. */
export function isBalanced(books: Omit<Accounting, "balanced">): boolean {
  const sum = (reasons: Record<string, number>) => Object.values(reasons).reduce((total, n) => total + n, 0);
  return books.rows === books.indexed + books.pending + sum(books.failed) + sum(books.excluded);
}

/** Whether a row id lies in a range, asked in ascending order. */
function rangeCursor(ranges: Float64Array): (rowId: number) => boolean {
  let range = 0;
  return (rowId) => {
    while (range < ranges.length && (ranges[range + 1] ?? 0) < rowId) range += 2;
    return range < ranges.length && (ranges[range] ?? 0) <= rowId;
  };
}

/** The ledger's entry of a row, asked in ascending order. A page that ends before the row is left unread. */
function stateCursor(ledger: RowLedger): (rowId: number) => MissingRow | undefined {
  let page: MissingRow[] = [];
  let position = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (rowId) => {
    if (last < rowId) {
      page = ledger.rowStates({ afterRowId: rowId - 1, limit: windowSize });
      position = 0;
      last = page.length < windowSize ? Number.POSITIVE_INFINITY : (page.at(-1)?.rowId ?? 0);
    }
    while ((page[position]?.rowId ?? Number.POSITIVE_INFINITY) < rowId) position += 1;
    const state = page[position];
    return state?.rowId === rowId ? state : undefined;
  };
}

/** How many row ids the pairs cover. */
export function rangeTotal(ranges: Float64Array): number {
  let total = 0;
  for (let range = 0; range < ranges.length; range += 2) {
    total += (ranges[range + 1] ?? 0) - (ranges[range] ?? 0) + 1;
  }
  return total;
}

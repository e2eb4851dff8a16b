import { setImmediate as nextTurn } from "node:timers/promises";
import type { MissingRow } from "../accounting.ts";
import { createLedgerSql } from "../format/row-store-layout.ts";
import { inTransaction, openNewDatabase } from "./new-database.ts";

/** About 5 ms of insertions between two turns of the event loop. */
const rowsPerTurn = 2_048;

/**
 * Writes which rows a generation has indexed whole, and every other row with why; unsynced. Both come ascending by row
 * id.
 */
export async function writeLedger(
  path: string,
  rows: { indexed: Float64Array; missing: AsyncIterable<MissingRow> },
): Promise<void> {
  const database = openNewDatabase(path);
  try {
    database.exec(createLedgerSql);
    const range = database.prepare("INSERT INTO indexed_range(first, last) VALUES (?,?)");
    for (const runs of pages(runsOf(rows.indexed))) {
      inTransaction(database, () => {
        for (const { first, last } of runs) range.run(first, last);
      });
      await nextTurn();
    }
    const state = database.prepare("INSERT INTO row_state(row_id, doc_id, state, reason) VALUES (?,?,?,?)");
    let waiting: MissingRow[] = [];
    const flush = () => {
      inTransaction(database, () => {
        for (const row of waiting) state.run(row.rowId, row.docId, row.state, row.reason);
      });
      waiting = [];
    };
    for await (const row of rows.missing) {
      waiting.push(row);
      if (waiting.length >= rowsPerTurn) flush();
    }
    flush();
  } finally {
    database.close();
  }
}

/** Row ids are mostly consecutive, so runs of them take a few lines where a list would take one each. */
function* runsOf(ascending: Float64Array): Generator<{ first: number; last: number }> {
  for (let start = 0; start < ascending.length; ) {
    let end = start;
    while (ascending[end + 1] === ascending[end]! + 1) end += 1;
    yield { first: ascending[start]!, last: ascending[end]! };
    start = end + 1;
  }
}

function* pages<Value>(values: Iterable<Value>): Generator<Value[]> {
  let page: Value[] = [];
  for (const value of values) {
    page.push(value);
    if (page.length < rowsPerTurn) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import type { MissingRow } from "../../lib/generation/accounting.ts";
import { closeBooks, type RowLedger, reconcileRows } from "../../lib/generation/reconcile-rows.ts";

type State = "indexed" | "empty" | "failed" | "pending";
interface History {
  /** The rows when the generation was built, with gaps where ids were dead already. */
  built: { gap: number; state: State; removed: boolean }[];
  newer: number;
}

const reasons = {
  empty: ["excluded", "empty_text"],
  failed: ["failed", "too_long"],
  pending: ["pending", "not_embedded"],
} as const;
const seed = Date.now() % 1_000_000;

const historyArbitrary: fc.Arbitrary<History> = fc.record({
  built: fc.array(
    fc.record({
      gap: fc.constantFrom(1, 1, 1, 2, 50),
      state: fc.constantFrom<State>("indexed", "indexed", "indexed", "empty", "failed", "pending"),
      removed: fc.boolean(),
    }),
    { maxLength: 200 },
  ),
  newer: fc.nat({ max: 20 }),
});

function play({ built, newer }: History) {
  let nextRowId = 0;
  const rows = built.map((row) => {
    nextRowId += row.gap;
    return { ...row, rowId: nextRowId };
  });
  const newerIds = Array.from({ length: newer }, (_, index) => nextRowId + 1 + index);
  const indexed = rows.filter((row) => row.state === "indexed").map((row) => row.rowId);
  const states: MissingRow[] = rows.flatMap(({ rowId, state }) => {
    if (state === "indexed") return [];
    const [column, reason] = reasons[state];
    return [{ rowId, docId: String(rowId), state: column, reason }];
  });
  const ledger: RowLedger = {
    indexedRanges: () => Float64Array.from(ranges(indexed).flat()),
    rowStates: ({ afterRowId, limit }) => states.filter((row) => row.rowId > afterRowId).slice(0, limit),
  };
  const live = [...rows.filter((row) => !row.removed).map((row) => row.rowId), ...newerIds];
  return { rows, ledger, live, newerIds };
}

function ranges(ascending: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const rowId of ascending) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === rowId - 1) last[1] = rowId;
    else found.push([rowId, rowId]);
  }
  return found;
}

test("whatever happens to the rows, each stands in exactly one column and the books balance", async () => {
  await fc.assert(
    fc.asyncProperty(historyArbitrary, async (history) => {
      const { rows, ledger, live, newerIds } = play(history);
      const books = await closeBooks(live.length, Float64Array.from(live), ledger);
      const count = (state: State) => rows.filter((row) => row.state === state && !row.removed).length;
      expect(books).toEqual({
        rows: live.length,
        indexed: count("indexed"),
        pending: count("pending") + newerIds.length,
        failed: count("failed") > 0 ? { too_long: count("failed") } : {},
        excluded: count("empty") > 0 ? { empty_text: count("empty") } : {},
        balanced: true,
        stale: rows.filter((row) => row.state === "indexed" && row.removed).length,
      });
    }),
    { seed, numRuns: 300 },
  );
});

test("every row that is missing is named exactly once, and no other", async () => {
  await fc.assert(
    fc.asyncProperty(historyArbitrary, async (history) => {
      const { rows, ledger, live, newerIds } = play(history);
      const named: number[] = [];
      for await (const { unindexed } of reconcileRows(Float64Array.from(live), ledger)) {
        named.push(...unindexed.map((row) => row.rowId));
      }
      const missing = rows.filter((row) => row.state !== "indexed" && !row.removed).map((row) => row.rowId);
      expect(named).toEqual([...missing, ...newerIds]);
    }),
    { seed, numRuns: 300 },
  );
});

test("a row that the ledger lost or counts twice unbalances the books", async () => {
  await fc.assert(
    fc.asyncProperty(historyArbitrary, async (history) => {
      const { ledger, live } = play(history);
      const lost = await closeBooks(live.length + 1, Float64Array.from(live), ledger);
      expect(lost.balanced).toBe(false);
      const [first] = live;
      if (first === undefined) return;
      const twice: RowLedger = {
        indexedRanges: () => Float64Array.of(first, first),
        rowStates: ({ afterRowId }) =>
          afterRowId < first ? [{ rowId: first, docId: "x", state: "failed", reason: "too_long" }] : [],
      };
      expect((await closeBooks(1, Float64Array.of(first), twice)).balanced).toBe(false);
    }),
    { seed, numRuns: 100 },
  );
});

test("a ledger longer than one page is read to its end, over dead rows too", async () => {
  const states = Array.from({ length: 50_000 }, (_, row) => ({
    rowId: row,
    docId: String(row),
    state: "failed" as const,
    reason: "too_long",
  }));
  const ledger: RowLedger = {
    indexedRanges: () => Float64Array.of(50_000, 69_999),
    rowStates: ({ afterRowId, limit }) => states.slice(afterRowId + 1, afterRowId + 1 + limit),
  };
  const live = Float64Array.from([3, ...Array.from({ length: 40_000 }, (_, index) => 30_000 + index)]);
  const books = await closeBooks(live.length, live, ledger);
  expect(books).toMatchObject({ indexed: 20_000, failed: { too_long: 20_001 }, pending: 0, balanced: true });
});

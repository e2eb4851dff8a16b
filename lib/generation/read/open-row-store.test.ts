import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeLedger } from "../build/write-ledger.ts";
import { createRowStoreWriter } from "../build/write-row-store.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";
import { openLedgerFile } from "./open-ledger-file.ts";
import { openRowStore } from "./open-row-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lakefleet-rows-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const columns: MetadataColumn[] = [
  { name: 'odd "name"', type: "varchar" },
  { name: 'ODD "NAME"', type: "bigint" },
  { name: "flag", type: "boolean" },
  { name: "at", type: "timestamp" },
];

function writeStore(metadata: unknown[][]) {
  const file = path.join(folder, "a #?%.sqlite");
  const writer = createRowStoreWriter(file, columns);
  writer.addChunks(
    metadata.map((values, row) => ({
      id: `${row}-0`,
      rowId: row,
      docId: `doc ${row}`,
      chunkIndex: 0,
      text: `text ${row}`,
      metadata: values,
    })),
  );
  writer.finish();
  return openRowStore(file);
}

describe("the row store", () => {
  test("gives back what was written, in the order asked for", async () => {
    const store = writeStore([
      ["a", 1n, true, "2024-01-02 03:04:05.600"],
      [null, null, null, null],
      ["ü'\"", -9_007_199_254_740_993n, false, new Date(0)],
    ]);
    const [third, first] = store.fetch([2, 0]);
    expect(third).toEqual({
      id: "2-0",
      doc_id: "doc 2",
      chunk_index: 0,
      text: "text 2",
      metadata: {
        'odd "name"': "ü'\"",
        'ODD "NAME"': "-9007199254740993",
        flag: false,
        at: "1970-01-01T00:00:00",
      },
    });
    expect(first?.metadata).toEqual({
      'odd "name"': "a",
      'ODD "NAME"': "1",
      flag: true,
      at: "2024-01-02T03:04:05.6",
    });
    expect(store.chunkCount).toBe(3);
    const listed = await Array.fromAsync(store.rowPlaces());
    expect(listed.map(({ rowIds, places }) => [[...rowIds], [...places]])).toEqual([
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
    ]);
    expect([...(await store.placesOf(Float64Array.of(2, 7, 0)))]).toEqual([0, 2]);
    store.close();
  });

  test("an ordinal that does not exist is damage, not an empty hit", () => {
    const store = writeStore([["a", 1n, true, null]]);
    expect(() => store.fetch([1])).toThrow(expect.objectContaining({ type: "generation-damaged" }));
    store.close();
  });

  test("a selection sets one bit per matching row, also beyond one slice", async () => {
    const rows = Array.from({ length: 70_000 }, (_, row) => ["x", BigInt(row), row % 2 === 0, null]);
    const store = writeStore(rows);
    const filter = await store.select("m1 >= 32767 AND m1 < 65540 AND m2 = 1");
    const set: number[] = [];
    for (let row = 0; row < rows.length; row += 1) {
      if ((filter.bits[row >>> 5] ?? 0) & (1 << (row & 31))) set.push(row);
    }
    expect(set).toEqual(Array.from({ length: 16_386 }, (_, index) => 32_768 + 2 * index));
    expect(filter.matchCount).toBe(16_386);
    store.close();
  });

  test("the ledger keeps runs of row ids and every row that is not indexed", async () => {
    const file = path.join(folder, "ledger.sqlite");
    const missing = [
      { rowId: 6, docId: "six", state: "failed" as const, reason: "too_long" },
      { rowId: 8, docId: "eight", state: "pending" as const, reason: "not_embedded" },
    ];
    const indexed = Float64Array.of(3, 4, 5, 9);
    await writeLedger(file, { indexed, missing: Readable.from(missing) });
    const ledger = openLedgerFile(file);
    expect([...ledger.indexedRanges()]).toEqual([3, 5, 9, 9]);
    expect(ledger.rowStates({ afterRowId: -1, limit: 10 })).toEqual(missing);
    expect(ledger.rowStates({ afterRowId: 6, limit: 10 })).toEqual(missing.slice(1));
    expect(ledger.rowStates({ afterRowId: -1, limit: 1 })).toEqual(missing.slice(0, 1));
    ledger.close();
  });

  test("an empty generation opens and selects nothing", async () => {
    const store = writeStore([]);
    expect(store.chunkCount).toBe(0);
    expect((await store.select("1 = 1")).matchCount).toBe(0);
    store.close();
  });
});

import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { findIngested } from "@lakefleet/lib/dataset/find-ingested.ts";
import { previewRows } from "@lakefleet/lib/dataset/preview-rows.ts";
import { scanRowIds } from "@lakefleet/lib/dataset/scan-row-ids.ts";
import { scanRows } from "@lakefleet/lib/dataset/scan-rows.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, queryRows, withLocalStore } from "../support/dataset-fixture.ts";
import { stageQuery, stageRows } from "../support/stage-rows.ts";

const idBody: Column[] = [
  { name: "id", type: "bigint" },
  { name: "body", type: "varchar" },
];

describe("schema evolution", () => {
  test("files with other columns and types read as one table", async () => {
    await withLocalStore(async (store) => {
      const first = await stageRows(
        store,
        [
          { name: "n", type: "bigint" },
          { name: "j", type: "json" },
        ],
        [[1, '{"a": 1}']],
      );
      await commitStaged(store, first, { mode: "append", ingestId: "one" });
      const second = await stageRows(
        store,
        [
          { name: "N", type: "double" },
          { name: "extra", type: "date" },
        ],
        [[1.5, "2024-01-31"]],
      );
      const { version } = await commitStaged(store, second, { mode: "append", ingestId: "two" });
      expect(version.columns).toEqual([
        { name: "n", type: "double" },
        { name: "j", type: "json" },
        { name: "extra", type: "date" },
      ]);
      expect(await queryRows(store, version)).toEqual([
        { n: 1, j: '{"a": 1}', extra: null, _row_id: "0" },
        { n: 1.5, j: null, extra: "2024-01-31", _row_id: "1" },
      ]);
      const third = await stageRows(store, [{ name: "n", type: "varchar" }], [["many"]]);
      const widened = await commitStaged(store, third, { mode: "append", ingestId: "three" });
      expect((await queryRows(store, widened.version)).map((row) => row.n)).toEqual(["1", "1.5", "many"]);
    });
  });

  test("an upsert compares under the merged types", async () => {
    await withLocalStore(async (store) => {
      const numbers = await stageRows(store, idBody, [
        [1, "a"],
        [2, "b"],
      ]);
      await commitStaged(store, numbers, { mode: "append", ingestId: "one" });
      const texts = await stageRows(
        store,
        [
          { name: "id", type: "varchar" },
          { name: "body", type: "varchar" },
        ],
        [
          ["1", "a"],
          ["x", "c"],
          ["2", "B"],
        ],
      );
      const { version } = await commitStaged(store, texts, { mode: "upsert", ingestId: "two", key: "id" });
      expect(version.ingest).toMatchObject({ rowsAdded: 1, rowsUpdated: 1, rowsRemoved: 0 });
      expect((await queryRows(store, version)).map(({ id, body }) => [id, body])).toEqual([
        ["1", "a"],
        ["x", "c"],
        ["2", "B"],
      ]);
    });
  });

  test("column names that are SQL or JavaScript traps come through", async () => {
    await withLocalStore(async (store) => {
      const names = ['a"b', "__proto__", "select", "filename", "ünï 'q'"];
      const columns = names.map((name): Column => ({ name, type: "varchar" }));
      const staged = await stageRows(store, columns, [names]);
      const { version } = await commitStaged(store, staged, { mode: "upsert", ingestId: "one", key: 'a"b' });
      const { rows } = await previewRows({ store, name: "d", limit: 5, offset: 0 });
      expect(Object.entries(rows[0] ?? {})).toEqual(names.map((name) => [name, name]));
      expect(version.keyColumn).toBe('a"b');
    });
  });
});

describe("sending things again", () => {
  test("the same content adds nothing, and other settings change only the settings", async () => {
    await withLocalStore(async (store) => {
      const send = async (ingestId: string, textColumns: string[]) =>
        commitStaged(store, await stageRows(store, idBody, [[1, "a"]]), {
          mode: "append",
          ingestId,
          contentHash: "same",
          settings: { textColumns },
        });
      await send("one", []);
      const again = await send("two", []);
      expect(again).toMatchObject({ noop: true, version: { version: 1, rowCount: 1 } });
      const changed = await send("three", ["body"]);
      expect(changed).toMatchObject({
        noop: false,
        version: { version: 2, rowCount: 1, textColumns: ["body"] },
      });
      const query = { contentHash: "same", mode: "append" as const };
      expect((await findIngested(store, "d", query))?.version).toBe(2);
      expect(await findIngested(store, "d", { ...query, settings: { idColumn: "id" } })).toBeUndefined();
      expect(await findIngested(store, "d", { ...query, mode: "replace" })).toBeUndefined();
      expect((await findIngested(store, "d", { ingestId: "one" }))?.version).toBe(1);
      expect(await findIngested(store, "other", { ingestId: "one" })).toBeUndefined();
    });
  });

  test("a folder of unchanged documents changes nothing, and one changed document is one new row", async () => {
    await withLocalStore(async (store) => {
      const columns: Column[] = [
        { name: "path", type: "varchar" },
        { name: "modified_at", type: "timestamp" },
        { name: "content_hash", type: "varchar" },
        { name: "content", type: "varchar" },
      ];
      const send = async (ingestId: string, hour: number, changed: string) => {
        const rows = Array.from({ length: 300 }, (_, index) => {
          const text = index === 7 ? changed : `text ${index}`;
          return [`doc-${index}`, `2024-01-01 ${hour}:00:00`, `hash of ${text}`, text];
        });
        return commitStaged(store, await stageRows(store, columns, rows), {
          mode: "upsert",
          ingestId,
          key: "path",
        });
      };
      await send("one", 10, "old");
      expect(await send("two", 11, "old")).toMatchObject({ noop: true, version: { version: 1 } });
      const { version } = await send("three", 12, "new");
      expect(version.ingest).toMatchObject({ rowsAdded: 0, rowsUpdated: 1, rowsRemoved: 0 });
      expect(version.files.map((file) => file.rowCount)).toEqual([300, 1]);
      expect(version).toMatchObject({ rowCount: 300, nextRowId: 301 });
    });
  });

  test("two runs of one write at once make one version", async () => {
    await withLocalStore(async (store) => {
      const run = async () =>
        commitStaged(store, await stageRows(store, idBody, [[1, "a"]]), { mode: "append", ingestId: "one" });
      const results = await Promise.all([run(), run(), run()]);
      expect(results.map(({ version }) => version.version)).toEqual([1, 1, 1]);
      expect((await readDataset(store, "d")).rowCount).toBe(1);
    });
  });

  test("a replacement gives its rows new ids and forgets the tombstones", async () => {
    await withLocalStore(async (store) => {
      const rows = () =>
        stageRows(store, idBody, [
          [1, "a"],
          [1, "b"],
        ]);
      await commitStaged(store, await rows(), { mode: "upsert", ingestId: "one", key: "id" });
      const { version } = await commitStaged(store, await rows(), { mode: "replace", ingestId: "two" });
      expect(version).toMatchObject({ epoch: 2, tombstones: [], rowCount: 2, nextRowId: 4, keyColumn: "id" });
      expect(version.ingest).toMatchObject({ rowsAdded: 2, rowsRemoved: 1 });
      expect([...(await scanRowIds({ store, version }))]).toEqual([2, 3]);
    });
  });
});

describe("refusals", () => {
  test.each([
    [
      "a null key",
      "id",
      [
        [1, "a"],
        [null, "b"],
      ],
      { type: "upsert-key-null", place: { row: 2, column: "id" } },
    ],
    ["an unknown key column", "key", [[1, "a"]], { type: "column-unknown", field: "key" }],
    ["no key column", undefined, [[1, "a"]], { type: "upsert-key-missing", field: "key" }],
  ] as const)("an upsert with %s is refused and leaves nothing", async (_, key, rows, expected) => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, idBody, rows);
      const refused = commitStaged(store, staged, { mode: "upsert", ingestId: "one", key });
      await expect(refused).rejects.toMatchObject({ kind: "invalid", ...expected });
      await expect(readDataset(store, "d")).rejects.toMatchObject({
        kind: "not-found",
        type: "dataset-missing",
      });
      const left: string[] = [];
      for await (const entry of store.list("datasets/")) left.push(entry.key);
      expect(left).toEqual([]);
    });
  });

  test("a column that the engine needs for itself is refused", async () => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, [{ name: "File_Row_Number", type: "bigint" }], [[1]]);
      const refused = commitStaged(store, staged, { mode: "append", ingestId: "one" });
      await expect(refused).rejects.toMatchObject({ kind: "invalid", type: "column-reserved" });
    });
  });

  test("a name that is no dataset's is refused before anything is stored", async () => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, idBody, [[1, "a"]]);
      const refused = commitStaged(store, staged, { mode: "append", ingestId: "one", dataset: "../x" });
      await expect(refused).rejects.toMatchObject({ kind: "invalid", type: "dataset-name" });
      await expect(readDataset(store, "../x")).rejects.toMatchObject({ type: "dataset-name" });
    });
  });

  test("an abort ends a scan and a commit in an error", async () => {
    await withLocalStore(async (store) => {
      const rows = () => stageQuery(store, idBody, "SELECT i AS id, 'x' AS body FROM range(20000) t(i)");
      const { version } = await commitStaged(store, await rows(), { mode: "append", ingestId: "one" });
      const abort = new AbortController();
      const scan = async () => {
        for await (const _ of scanRows({
          store,
          version,
          columns: ["id"],
          batchSize: 100,
          signal: abort.signal,
        })) {
          abort.abort();
        }
      };
      await expect(scan()).rejects.toMatchObject({ kind: "cancelled" });
      const options = { mode: "upsert", ingestId: "two", key: "id", signal: abort.signal } as const;
      await expect(commitStaged(store, await rows(), options)).rejects.toThrow();
      expect((await readDataset(store, "d")).version).toBe(1);
    });
  });
});

describe("reading rows", () => {
  test("row ids are right with many row groups, threads and filters, and come in order", async () => {
    await withLocalStore(async (store) => {
      const rows = (from: number) =>
        stageQuery(
          store,
          idBody,
          `SELECT ${from} + i AS id, repeat('x', 50) || i AS body FROM range(300000) t(i)`,
        );
      await commitStaged(store, await rows(0), { mode: "append", ingestId: "one" });
      await commitStaged(store, await rows(300_000), { mode: "append", ingestId: "two" });
      const changed = await stageQuery(
        store,
        idBody,
        "SELECT i * 7 AS id, 'new' AS body FROM range(50000) t(i)",
      );
      const { version } = await commitStaged(store, changed, {
        mode: "upsert",
        ingestId: "three",
        key: "id",
      });
      let last = 99_999;
      let count = 0;
      for await (const batch of scanRows({
        store,
        version,
        columns: ["id", "body"],
        afterRowId: last,
        batchSize: 1_000,
      })) {
        for (const [index, rowId] of batch.rowIds.entries()) {
          const row = batch.rows[index];
          if (rowId <= last) throw new Error(`${rowId} after ${last}`);
          const expected = rowId < 600_000 ? rowId : (rowId - 600_000) * 7;
          if (row?.id !== expected) throw new Error(`row ${rowId} holds ${row?.id}`);
          last = rowId;
          count += 1;
        }
      }
      expect(count).toBe(version.rowCount - 85_714);
      const filtered = (await queryRows(store, version)).filter((row) => row.body === "new");
      expect(filtered).toHaveLength(50_000);
      expect(filtered.every((row) => Number(row._row_id) - 600_000 === Number(row.id) / 7)).toBe(true);
    });
  });

  test("a preview is JSON-safe, in order, and pages over dead rows", async () => {
    await withLocalStore(async (store) => {
      const columns: Column[] = [
        { name: "id", type: "bigint" },
        { name: "at", type: "timestamptz" },
        { name: "day", type: "date" },
        { name: "price", type: "decimal", detail: "DECIMAL(10,2)" },
        { name: "wide", type: "decimal", detail: "DECIMAL(30,2)" },
        { name: "ratio", type: "double" },
        { name: "data", type: "json" },
        { name: "bytes", type: "blob" },
      ];
      const wide = "1234567890123456789012345.67";
      const row = [
        "9007199254740993",
        "2024-01-31 10:00:00+02",
        "2024-01-31",
        "1.50",
        wide,
        "nan",
        '{"a": [1]}',
        "hi",
      ];
      await commitStaged(
        store,
        await stageRows(store, columns, [row, ["1", ...row.slice(1)], ["2", ...row.slice(1)]]),
        { mode: "append", ingestId: "one" },
      );
      const again = await stageRows(store, columns, [["1", ...row.slice(1, 7), "ho"]]);
      await commitStaged(store, again, { mode: "upsert", ingestId: "two", key: "id" });
      const page = await previewRows({ store, name: "d", limit: 2, offset: 1 });
      expect(page.rowIds).toEqual([2, 3]);
      expect(page).toMatchObject({ rowCount: 3, complete: true, version: 2 });
      const [first] = (await previewRows({ store, name: "d", version: 1, limit: 1, offset: 0 })).rows;
      expect(first).toEqual({
        id: "9007199254740993",
        at: "2024-01-31T08:00:00Z",
        day: "2024-01-31",
        price: 1.5,
        wide,
        ratio: "NaN",
        data: { a: [1] },
        bytes: "aGk=",
      });
      expect((await previewRows({ store, name: "d", limit: 5, offset: 9 })).rows).toEqual([]);
    });
  });

  test("an empty file is a dataset with columns and no rows", async () => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, idBody, []);
      const { version } = await commitRows({
        store,
        dataset: "empty",
        ingestId: "one",
        mode: "append",
        staged,
        contentHash: "none",
        source: { kind: "file", name: "empty.csv", format: "csv" },
        settings: { textColumns: ["body"] },
      });
      expect(version).toMatchObject({ rowCount: 0, files: [], textColumns: ["body"] });
      expect(await queryRows(store, version)).toEqual([]);
      expect((await scanRowIds({ store, version })).length).toBe(0);
    });
  });
});

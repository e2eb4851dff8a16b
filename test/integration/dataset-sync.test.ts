import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, queryRows, withLocalStore } from "../support/dataset-fixture.ts";
import { stageRows } from "../support/stage-rows.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type });
const idBody = [column("id", "bigint"), column("body", "varchar")];

describe("rows that are the whole truth", () => {
  test("new, changed, missing and equal rows are told apart, and equal ones keep their row id", async () => {
    await withLocalStore(async (store) => {
      const send = async (ingestId: string, rows: [bigint, string | null][]) =>
        commitStaged(store, await stageRows(store, idBody, rows), { mode: "sync", ingestId, key: "id" });
      // Two whole numbers that are one as doubles.
      const [near, nearer] = [9_007_199_254_740_992n, 9_007_199_254_740_993n];
      await send("one", [
        [near, "a"],
        [nearer, "b"],
        [3n, "c"],
        [4n, null],
      ]);
      const { version } = await send("two", [
        [nearer, "b"],
        [near, "A"],
        [4n, null],
        [5n, "e"],
      ]);
      const counts = { rowsAdded: 1, rowsUpdated: 1, rowsRemoved: 1, rowsUnchanged: 2 };
      expect(version.ingest).toMatchObject(counts);
      expect((await queryRows(store, version)).map((row) => [row._row_id, row.id, row.body])).toEqual([
        ["1", String(nearer), "b"],
        ["3", "4", null],
        ["5", String(near), "A"],
        ["7", "5", "e"],
      ]);
      expect(await send("three", [])).toMatchObject({ version: { rowCount: 0, ingest: { rowsRemoved: 4 } } });
      const back = await send("four", [[3n, "c"]]);
      expect((await queryRows(store, back.version)).map((row) => row._row_id)).toEqual(["8"]);
    });
  });

  test("a key twice is refused with its rows, and one row of each is not chosen", async () => {
    await withLocalStore(async (store) => {
      const rows = [
        [1, "a"],
        [2, "b"],
        [1, "c"],
      ] as const;
      const refused = commitStaged(store, await stageRows(store, idBody, rows), {
        mode: "sync",
        ingestId: "one",
        key: "id",
      });
      await expect(refused).rejects.toMatchObject({
        kind: "invalid",
        type: "sync-key-duplicate",
        message: expect.stringContaining("1 and 3"),
        place: { row: 3, column: "id" },
      });
    });
  });

  test.each([
    ["double", [[1.5]], { type: "key-type", place: { row: 1, column: "id" } }],
    ["double", [[1], [9.3e18]], { type: "key-type", place: { row: 2, column: "id" } }],
    ["varchar", [["1"], ["x"]], undefined],
    ["double", [[1]], undefined],
  ] as const)("a whole-number key that comes as %s %j", async (type, values, refusal) => {
    await withLocalStore(async (store) => {
      const first = await stageRows(store, [column("id", "bigint")], [[1], [2]]);
      await commitStaged(store, first, { mode: "sync", ingestId: "one", key: "id" });
      const staged = await stageRows(store, [column("id", type)], values);
      const committing = commitStaged(store, staged, { mode: "sync", ingestId: "two", key: "id" });
      if (refusal !== undefined) return expect(committing).rejects.toMatchObject(refusal);
      const { version } = await committing;
      expect(version.ingest).toMatchObject({ rowsUnchanged: 1, rowsRemoved: 1 });
      expect(version.columns[0]?.type).toBe(type === "varchar" ? "varchar" : "bigint");
    });
  });
});

describe("deleting by key", () => {
  test("removes every row of a key, whatever type the keys come in, and adds nothing", async () => {
    await withLocalStore(async (store) => {
      const rows = [
        [1, "a"],
        [1, "b"],
        [2, "c"],
        [null, "d"],
      ] as const;
      await commitStaged(store, await stageRows(store, idBody, rows), { mode: "append", ingestId: "one" });
      const keys = [column("id", "varchar")];
      const remove = async (ingestId: string, values: string[]) =>
        commitStaged(
          store,
          await stageRows(
            store,
            keys,
            values.map((value) => [value]),
          ),
          {
            mode: "delete",
            ingestId,
            key: "id",
          },
        );
      const { version } = await remove("two", ["1", "none", "1"]);
      expect(version.ingest).toMatchObject({ rowsAdded: 0, rowsUpdated: 0, rowsRemoved: 2 });
      expect(version).toMatchObject({ rowCount: 2, nextRowId: 4, columns: idBody });
      expect((await queryRows(store, version)).map((row) => row.body)).toEqual(["c", "d"]);
      expect(await remove("three", ["1"])).toMatchObject({ noop: true });
    });
  });

  test("in a dataset that is not there is refused", async () => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, idBody, [[1, "a"]]);
      const refused = commitStaged(store, staged, { mode: "delete", ingestId: "one", key: "id" });
      await expect(refused).rejects.toMatchObject({ kind: "not-found", type: "dataset-missing" });
    });
  });

  test("may go with an upsert, as a file that is renamed does", async () => {
    await withLocalStore(async (store) => {
      const columns = [column("path", "varchar"), column("content", "varchar")];
      const first = await stageRows(store, columns, [
        ["a", "text"],
        ["b", "other"],
      ]);
      await commitStaged(store, first, { mode: "upsert", ingestId: "one", key: "path" });
      const renamed = await stageRows(store, columns, [["it's", "text"]]);
      const write = {
        mode: "upsert" as const,
        ingestId: "two",
        key: "path",
        removedKeys: ["a", "it's", "none"],
      };
      const { version } = await commitStaged(store, renamed, write);
      expect(version.ingest).toMatchObject({ rowsAdded: 1, rowsUpdated: 0, rowsRemoved: 1 });
      expect((await queryRows(store, version)).map((row) => row.path)).toEqual(["b", "it's"]);
    });
  });
});

import { approveEvolution } from "@lakefleet/lib/catalog/approve-evolution.ts";
import { previewEvolution } from "@lakefleet/lib/catalog/preview-evolution.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import type { MigrationRule } from "@lakefleet/lib/dataset/evolution/evolution.ts";
import { scanRows } from "@lakefleet/lib/dataset/scan-rows.ts";
import { verifyDataset } from "@lakefleet/lib/dataset/verify-dataset.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, queryRows, withLocalStore } from "../support/dataset-fixture.ts";
import { stageRows } from "../support/stage-rows.ts";

const column = (name: string, type: Column["type"] = "varchar"): Column => ({ name, type });
const first = [column("id", "bigint"), column("cust_name"), column("size")];
const second = [column("id", "bigint"), column("customer_name"), column("size")];
const none = new Map<string, string[]>();

/** Two files of which the second has another name for a column. */
async function drifted(store: LocalStore) {
  const before = await stageRows(store, first, [
    [1, "Ana", "10"],
    [2, "Bo", "large"],
  ]);
  await commitStaged(store, before, { mode: "append", ingestId: "one" });
  const after = await stageRows(store, second, [[3, "Cy", "30"]]);
  return (await commitStaged(store, after, { mode: "append", ingestId: "two" })).version;
}

const approve = (store: LocalStore, version: number, rules: MigrationRule[], more: object = {}) =>
  approveEvolution({
    store,
    dataset: "d",
    version,
    rules,
    approvedBy: "ann",
    failingCasts: "refuse",
    columnsInUse: none,
    ...more,
  });

async function scanned(store: LocalStore, version: number) {
  const document = await readDataset(store, "d", version);
  const columns = document.columns.map(({ name }) => name);
  const rows = [];
  for await (const batch of scanRows({ store, version: document, columns, batchSize: 10 }))
    rows.push(...batch.rows);
  return rows;
}

describe("columns that drift", () => {
  test("are told of with the write, and answered by the steps that a preview proposes", async () => {
    await withLocalStore(async (store) => {
      const version = await drifted(store);
      expect(version.ingest.drift).toMatchObject({
        renamed: [{ from: "cust_name", to: "customer_name" }],
        added: [],
      });
      expect(version.columns.map(({ name }) => name)).toEqual(["id", "cust_name", "size", "customer_name"]);
      const preview = await previewEvolution({ store, dataset: "d", sampleRows: 10 });
      expect(preview).toMatchObject({
        version: 2,
        rules: [{ kind: "rename", from: "cust_name", to: "customer_name" }],
      });
      expect(preview.rows.map(({ after }) => after["customer_name"])).toEqual(["Ana", "Bo", "Cy"]);
      expect((await readDataset(store, "d")).version).toBe(2);
    });
  });

  test("become one column in every file once approved, while the versions before keep theirs", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      const { rules } = await previewEvolution({ store, dataset: "d", sampleRows: 10 });
      const evolved = await approve(store, 2, rules);
      expect(evolved).toMatchObject({
        version: 3,
        evolution: { from: 2, approvedBy: "ann" },
        ingest: { ingestId: "two" },
      });
      expect(evolved.files.map(({ key }) => key)).toEqual(
        (await readDataset(store, "d", 2)).files.map(({ key }) => key),
      );
      const names = (await queryRows(store, evolved)).map((row) => row["customer_name"]);
      expect(names).toEqual(["Ana", "Bo", "Cy"]);
      expect((await scanned(store, 3)).map((row) => row["customer_name"])).toEqual(["Ana", "Bo", "Cy"]);
      expect((await scanned(store, 1)).map((row) => row["cust_name"])).toEqual(["Ana", "Bo"]);
      expect((await scanned(store, 2))[2]).toMatchObject({ cust_name: null, customer_name: "Cy" });
      for await (const finding of verifyDataset(store, "d", { deep: true })) expect(finding).toBeUndefined();
    });
  });
});

describe("a change of types", () => {
  const cast: MigrationRule[] = [{ kind: "cast", column: "size", to: "bigint" }];

  test("shows how many values would be lost, with examples, and is refused until that is asked for", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      const preview = await previewEvolution({ store, dataset: "d", rules: cast, sampleRows: 10 });
      expect(preview.casts).toEqual([
        { column: "size", to: "bigint", checked: 3, failing: 1, examples: [{ rowId: 1, value: "large" }] },
      ]);
      await expect(approve(store, 2, cast)).rejects.toMatchObject({
        kind: "conflict",
        type: "cast-failing",
        message: '1 values of size are no bigint, such as "large" (row id 1).',
      });
      const evolved = await approve(store, 2, cast, { failingCasts: "null" });
      expect((await queryRows(store, evolved)).map(({ size }) => size)).toEqual(["10", null, "30"]);
      expect((await scanned(store, 3)).map(({ size }) => size)).toEqual([10, null, 30]);
    });
  });

  test("goes on to hold for rows that come in later, and for upserts that compare with those before", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      await approve(store, 2, [{ kind: "rename", from: "cust_name", to: "customer_name" }, ...cast], {
        failingCasts: "null",
      });
      const typed = [column("id", "bigint"), column("customer_name"), column("size", "bigint")];
      const staged = await stageRows(store, typed, [
        [3, "Cy", 30],
        [1, "Ana", 11],
      ]);
      const { version } = await commitStaged(store, staged, { mode: "upsert", key: "id", ingestId: "three" });
      expect(version.ingest).toMatchObject({ rowsAdded: 0, rowsUpdated: 1 });
      expect(version.ingest.drift).toBeUndefined();
      const rows = await queryRows(store, version);
      expect(rows.map(({ id, size }) => [id, size]).sort()).toEqual([
        ["1", "11"],
        ["2", null],
        ["3", "30"],
      ]);
    });
  });
});

describe("defaults and drops", () => {
  test("fill what is empty in the rows there are, and a column that comes back does not bring its old values", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      const rules: MigrationRule[] = [
        { kind: "default", column: "country", value: "DE" },
        { kind: "default", column: "customer_name", value: "nobody" },
        { kind: "drop", column: "size" },
      ];
      const evolved = await approve(store, 2, rules);
      expect(
        (await queryRows(store, evolved)).map(({ country, customer_name: name }) => [country, name]),
      ).toEqual([
        ["DE", "nobody"],
        ["DE", "nobody"],
        ["DE", "Cy"],
      ]);
      const back = await stageRows(store, [column("id", "bigint"), column("size")], [[4, "40"]]);
      const { version } = await commitStaged(store, back, { mode: "append", ingestId: "three" });
      const rows = await queryRows(store, version);
      expect(rows.map(({ size, country }) => [size, country])).toEqual([
        [null, "DE"],
        [null, "DE"],
        [null, "DE"],
        ["40", null],
      ]);
    });
  });
});

describe("an approval", () => {
  const drop: MigrationRule[] = [{ kind: "drop", column: "size" }];

  test("is of the version that was looked at", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      await expect(approve(store, 1, drop)).rejects.toMatchObject({
        kind: "conflict",
        type: "evolution-outdated",
      });
      const both = await Promise.allSettled([approve(store, 2, drop), approve(store, 2, drop)]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    });
  });

  test("leaves columns alone that an index is made of", async () => {
    await withLocalStore(async (store) => {
      await drifted(store);
      const columnsInUse = new Map([["size", ["sizes"]]]);
      await expect(approve(store, 2, drop, { columnsInUse })).rejects.toMatchObject({
        kind: "conflict",
        type: "column-in-use",
        field: "rules.0",
      });
    });
  });
});

import { readFile, writeFile } from "node:fs/promises";
import { editMetadata } from "@lakefleet/lib/catalog/edit-metadata.ts";
import type { CommitRowsOptions } from "@lakefleet/lib/dataset/commit-rows.ts";
import {
  type RowContract,
  RowContract as RowContractSchema,
} from "@lakefleet/lib/dataset/contract/row-contract.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import type { StagedRows } from "@lakefleet/lib/dataset/staged-rows.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, queryRows, withLocalStore } from "../support/dataset-fixture.ts";
import { stageQuery, stageRows } from "../support/stage-rows.ts";

const columns: Column[] = [
  { name: "id", type: "bigint" },
  { name: "code", type: "varchar" },
  { name: "amount", type: "double" },
];
const contract: RowContract = RowContractSchema.parse({
  columns: [
    { name: "id", type: "bigint", required: true, nullable: false },
    { name: "code", pattern: "[A-Z]\\d+" },
    { name: "amount", min: 0, max: 1_000 },
  ],
  unique: ["id"],
});

let writes = 0;
function commit(store: LocalStore, staged: StagedRows, write: Partial<CommitRowsOptions> = {}) {
  writes += 1;
  return commitStaged(store, staged, { mode: "append", ingestId: `w${writes}`, ...write });
}

/** Ten thousand rows of which 1,235, 5,001 and 9,877 break the contract, each in its own way. */
const tenThousand = (store: LocalStore) =>
  stageQuery(
    store,
    columns,
    `SELECT CAST(CASE n WHEN 5000 THEN 17 ELSE n END AS BIGINT) AS id,
      CASE n WHEN 1234 THEN 'lower1' ELSE 'A' || n END AS code,
      CAST(CASE n WHEN 9876 THEN -5 ELSE n % 1000 END AS DOUBLE) AS amount FROM range(10000) AS t(n) ORDER BY n`,
  );

describe("a row contract", () => {
  test("that three of ten thousand rows break names the three, and nothing comes in", async () => {
    await withLocalStore(async (store) => {
      const refused = commit(store, await tenThousand(store), { contract });
      await expect(refused).rejects.toMatchObject({
        kind: "invalid",
        type: "contract-broken",
        place: { row: 1_235, column: "code" },
        message:
          '3 of 10,000 rows break the contract: row 1235 (key 1234): code "lower1" does not match [A-Z]\\d+; ' +
          'row 5001 (key 17): id "17" is there twice (unique: id); row 9877 (key 9876): amount "-5.0" is below 0.',
      });
      await expect(readDataset(store, "d")).rejects.toMatchObject({ type: "dataset-missing" });
    });
  });

  test("diverts them to the reject file where rows are skipped, and is kept with the dataset", async () => {
    await withLocalStore(async (store) => {
      const staged = await tenThousand(store);
      const { version } = await commit(store, staged, { contract, onError: "skip" });
      expect(version).toMatchObject({
        rowCount: 9_997,
        contract,
        ingest: { rowsRejected: 3, rowsAdded: 9_997 },
      });
      const lines = (await readFile(await store.materialize(version.ingest.rejectsKey!), "utf8"))
        .trim()
        .split("\n");
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { row: 1_235, column: "code", rule: "pattern", key: "1234", reason: "code does not match [A-Z]\\d+" },
        { row: 5_001, column: "id", rule: "unique", key: "17" },
        { row: 9_877, column: "amount", rule: "min", text: expect.stringContaining('"amount":-5') },
      ]);
      expect((await queryRows(store, version)).length).toBe(9_997);
    });
  });

  test("holds for later writes, whose keys must not be there already", async () => {
    await withLocalStore(async (store) => {
      await commit(store, await stageRows(store, columns, [[1, "A1", 5]]), { contract });
      const twice = commit(
        store,
        await stageRows(store, columns, [
          [2, "A2", 1],
          [1, "A9", 1],
        ]),
      );
      await expect(twice).rejects.toMatchObject({ type: "contract-broken", place: { row: 2, column: "id" } });
      const replaced = await commit(store, await stageRows(store, columns, [[1, "A9", 1]]), {
        mode: "replace",
      });
      expect(replaced.version.rowCount).toBe(1);
      const upsert = { mode: "upsert" as const, key: "id" };
      expect(
        (await commit(store, await stageRows(store, columns, [[1, "A8", 1]]), upsert)).version.rowCount,
      ).toBe(1);
    });
  });

  test("in an upsert by another column compares with the rows that stay", async () => {
    await withLocalStore(async (store) => {
      await commit(
        store,
        await stageRows(store, columns, [
          [1, "A1", 5],
          [2, "A2", 5],
        ]),
        { contract },
      );
      const upsert = { mode: "upsert" as const, key: "code" };
      expect(
        (await commit(store, await stageRows(store, columns, [[1, "A1", 6]]), upsert)).version.rowCount,
      ).toBe(2);
      const taken = commit(store, await stageRows(store, columns, [[2, "A1", 6]]), upsert);
      await expect(taken).rejects.toMatchObject({ type: "contract-broken" });
    });
  });

  test("gives a column its type though one odd value made text of it", async () => {
    await withLocalStore(async (store) => {
      const text: Column[] = [
        { name: "id", type: "varchar" },
        { name: "code", type: "varchar" },
        { name: "amount", type: "bigint" },
      ];
      const staged = await stageRows(store, text, [
        ["1", "A1", 1],
        ["two", "A2", 1],
        ["3", "A3", 1],
      ]);
      const { version } = await commit(store, staged, { contract, onError: "skip" });
      expect(version.columns[0]).toEqual({ name: "id", type: "bigint" });
      expect((await queryRows(store, version)).map(({ id }) => id)).toEqual(["1", "3"]);
    });
  });

  test("keeps what extraction rejected beside what it rejects itself", async () => {
    await withLocalStore(async (store) => {
      const staged = await stageRows(store, columns, [
        [1, "A1", 1],
        [2, "b", 1],
      ]);
      const before = await stageRows(store, columns, []);
      const path = before.parquetPath.replace("rows.parquet", "rejects.jsonl");
      await writeFile(path, '{"line":9,"reason":"torn"}\n');
      const write = { contract, onError: "skip" as const };
      const { version } = await commit(store, { ...staged, rejects: { path, rowCount: 1 } }, write);
      expect(version.ingest.rowsRejected).toBe(2);
      const text = await readFile(await store.materialize(version.ingest.rejectsKey!), "utf8");
      expect(
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line).reason),
      ).toEqual(["code does not match [A-Z]\\d+", "torn"]);
    });
  });

  test("refuses columns that are missing, not named, or drifted, also where rows are skipped", async () => {
    await withLocalStore(async (store) => {
      const write = { contract: { ...contract, extra: "refuse" as const }, onError: "skip" as const };
      const other: Column[] = [
        { name: "code", type: "varchar" },
        { name: "x", type: "varchar" },
      ];
      const refused = commit(store, await stageRows(store, other, [["A1", "y"]]), write);
      await expect(refused).rejects.toMatchObject({
        type: "contract-broken",
        message:
          'The columns break the contract: "id" is required and missing; "x" is not among the contract\'s columns.',
      });
      const strict: RowContract = { columns: [], drift: "refuse" };
      await commit(store, await stageRows(store, columns, [[1, "A1", 1]]), { contract: strict });
      const renamed = [columns[0]!, { name: "codes", type: "varchar" as const }, columns[2]!];
      const drifted = commit(store, await stageRows(store, renamed, [[1, "A1", 1]]));
      await expect(drifted).rejects.toMatchObject({
        message: expect.stringContaining("code seems to be called codes now"),
      });
    });
  });

  test("is no news twice, and news alone where the rows are there", async () => {
    await withLocalStore(async (store) => {
      const rows = () => stageRows(store, columns, [[1, "A1", 5]]);
      const same = { contentHash: "same" };
      await commit(store, await rows(), same);
      const told = await commit(store, await rows(), { ...same, contract });
      expect(told).toMatchObject({ noop: false, version: { version: 2, rowCount: 1, contract } });
      expect(await commit(store, await rows(), { ...same, contract })).toMatchObject({ noop: true });
    });
  });

  test("set by a person must fit the dataset, and is taken away by null", async () => {
    await withLocalStore(async (store) => {
      await commit(store, await stageRows(store, columns, [[1, "A1", 5]]));
      const unknown = editMetadata({
        store,
        dataset: "d",
        changes: { contract: { columns: [{ name: "none" }] } },
      });
      await expect(unknown).rejects.toMatchObject({
        type: "contract-invalid",
        field: "contract.columns.0.name",
      });
      expect((await editMetadata({ store, dataset: "d", changes: { contract } })).contract).toEqual(contract);
      expect(
        (await editMetadata({ store, dataset: "d", changes: { contract: null } })).contract,
      ).toBeUndefined();
    });
  });
});

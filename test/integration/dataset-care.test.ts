import { copyFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { describeDataset } from "@lakefleet/lib/catalog/describe-dataset.ts";
import { editMetadata } from "@lakefleet/lib/catalog/edit-metadata.ts";
import { listDatasets } from "@lakefleet/lib/catalog/list-datasets.ts";
import { collectOrphans } from "@lakefleet/lib/dataset/collect-orphans.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import { findDatasets } from "@lakefleet/lib/dataset/find-datasets.ts";
import { verifyDataset } from "@lakefleet/lib/dataset/verify-dataset.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, withLocalStore } from "../support/dataset-fixture.ts";
import { Death, mortalStore } from "../support/mortal-store.ts";
import { stageRows } from "../support/stage-rows.ts";

const columns: Column[] = [
  { name: "id", type: "bigint" },
  { name: "body", type: "varchar" },
];

async function twoVersions(store: LocalStore) {
  await commitStaged(
    store,
    await stageRows(store, columns, [
      [1, "a"],
      [2, "b"],
    ]),
    { mode: "append", ingestId: "one" },
  );
  const staged = await stageRows(store, columns, [[1, "A"]]);
  const { version } = await commitStaged(store, staged, { mode: "upsert", ingestId: "two", key: "id" });
  return version;
}

async function findings(store: LocalStore, deep: boolean) {
  const found: string[] = [];
  for await (const { kind, key } of verifyDataset(store, "d", { deep }))
    found.push(`${kind} ${path.basename(key)}`);
  return found;
}

describe("verifyDataset", () => {
  test("finds nothing in an intact dataset", async () => {
    await withLocalStore(async (store) => {
      await twoVersions(store);
      expect(await findings(store, false)).toEqual([]);
      expect(await findings(store, true)).toEqual([]);
    });
  });

  test("names a file that is missing, short or changed", async () => {
    await withLocalStore(async (store) => {
      const version = await twoVersions(store);
      const [base, delta] = version.files.map((file) => file.key);
      const tombstones = version.tombstones[0]?.key;
      if (base === undefined || delta === undefined || tombstones === undefined) throw new Error("no files");
      const bytes = Buffer.from(await store.get(base));
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      await writeFile(path.join(store.root, base), bytes);
      await truncate(path.join(store.root, delta), 10);
      await rm(path.join(store.root, tombstones));
      expect((await findings(store, false)).sort()).toEqual(
        [`file-missing ${path.basename(tombstones)}`, `file-size ${path.basename(delta)}`].sort(),
      );
      expect(await findings(store, true)).toContain(`file-checksum ${path.basename(base)}`);
    });
  });

  test("goes on after a damaged version and names it", async () => {
    await withLocalStore(async (store) => {
      await twoVersions(store);
      const folder = path.join(store.root, "datasets/d/versions");
      await copyFile(path.join(folder, "000000000002.json"), path.join(folder, "000000000001.json"));
      expect(await findings(store, true)).toEqual(["commit-damaged 000000000001.json"]);
      await copyFile(path.join(store.root, "catalog/datasets/d"), path.join(folder, "000000000002.json"));
      await commitStaged(store, await stageRows(store, columns, [[1, "a"]]), {
        mode: "append",
        ingestId: "one",
        dataset: "e",
      });
      const listed = await listDatasets(store);
      expect(
        listed.map(({ dataset, rowCount, damage }) => [dataset, rowCount, damage !== undefined]),
      ).toEqual([
        ["d", 0, true],
        ["e", 1, false],
      ]);
      expect(await findDatasets(store)).toEqual(["d", "e"]);
    });
  });
});

test("a file of a write that died is an orphan once it is old enough, committed files never", async () => {
  await withLocalStore(async (store) => {
    await twoVersions(store);
    const dying = mortalStore(store, { atWrite: 1, moment: "after" });
    const staged = await stageRows(store, columns, [[9, "z"]]);
    await expect(commitStaged(dying, staged, { mode: "append", ingestId: "dead" })).rejects.toThrow(Death);
    const orphans = async (olderThanMs: number) => {
      const keys: string[] = [];
      for await (const { key } of collectOrphans({ store, dataset: "d", olderThanMs })) keys.push(key);
      return keys;
    };
    expect(await orphans(0)).toEqual([
      expect.stringMatching(/^datasets\/d\/data\/dead-[0-9a-f]{12}\.parquet$/),
    ]);
    expect(await orphans(3_600_000)).toEqual([]);
  });
});

describe("the catalogue", () => {
  test("lists and describes datasets from the bucket alone", async () => {
    await withLocalStore(async (store) => {
      expect(await listDatasets(store)).toEqual([]);
      await twoVersions(store);
      const staged = await stageRows(store, columns, []);
      await commitStaged(store, staged, { mode: "append", ingestId: "three", dataset: "c" });
      const listed = await listDatasets(store);
      expect(listed.map(({ dataset, version, rowCount }) => [dataset, version, rowCount])).toEqual([
        ["c", 1, 0],
        ["d", 2, 2],
      ]);
      const described = await describeDataset({ store, name: "d", versionsMax: 1 });
      expect(described.versions.map(({ version }) => version)).toEqual([2]);
      expect(described.lineage).toMatchObject({ ingestId: "two", rowsUpdated: 1 });
    });
  });

  test("keeps the rows when words about them change, and commits nothing without a change", async () => {
    await withLocalStore(async (store) => {
      const before = await twoVersions(store);
      const changes = { description: "numbers", tags: ["a", "a", "b"] };
      const edited = await editMetadata({ store, dataset: "d", changes });
      expect(edited).toEqual({ ...before, version: 3, description: "numbers", tags: ["a", "b"] });
      expect((await editMetadata({ store, dataset: "d", changes })).version).toBe(3);
      const cleared = await editMetadata({ store, dataset: "d", changes: { description: "" } });
      expect(cleared.description).toBeUndefined();
      const missing = editMetadata({ store, dataset: "none", changes });
      await expect(missing).rejects.toMatchObject({ type: "dataset-missing" });
    });
  });

  test("keeps the words when rows change", async () => {
    await withLocalStore(async (store) => {
      await twoVersions(store);
      await editMetadata({ store, dataset: "d", changes: { owner: "ann", tags: ["x"] } });
      const staged = await stageRows(store, columns, [[3, "c"]]);
      const { version } = await commitStaged(store, staged, { mode: "replace", ingestId: "four" });
      expect(version).toMatchObject({ owner: "ann", tags: ["x"], rowCount: 1 });
    });
  });
});

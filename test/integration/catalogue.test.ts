import { rm } from "node:fs/promises";
import path from "node:path";
import { editMetadata } from "@lakefleet/lib/catalog/edit-metadata.ts";
import { listDatasets } from "@lakefleet/lib/catalog/list-datasets.ts";
import { presentDataset } from "@lakefleet/lib/catalog/present-dataset.ts";
import { resyncMissing } from "@lakefleet/lib/catalog/resync-missing.ts";
import { watchFreshness } from "@lakefleet/lib/catalog/watch-freshness.ts";
import { datasetLog, readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column } from "@lakefleet/lib/dataset/dataset-version.ts";
import type { LocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { countingTelemetry, type MeteredTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { describe, expect, test } from "vitest";
import { commitStaged, withLocalStore } from "../support/dataset-fixture.ts";
import { stageRows } from "../support/stage-rows.ts";

const columns: Column[] = [
  { name: "id", type: "bigint" },
  { name: "contact", type: "varchar" },
];
const addresses = ["ana@example.org", "bo@example.com", "cy@example.net"];
const words = ["by post", "by phone", "in person"];

async function write(
  store: LocalStore,
  ingestId: string,
  values: string[],
  mode: "append" | "replace" = "append",
) {
  const rows = values.map((value, row) => [row, value]);
  return (await commitStaged(store, await stageRows(store, columns, rows), { mode, ingestId })).version;
}

const sensitiveOf = async (store: LocalStore) =>
  presentDataset(await readDataset(store, "d"), new Date()).sensitive.map(({ column, kinds, by }) => [
    column,
    ...kinds,
    by,
  ]);

describe("what is sensitive", () => {
  test("is found in what came in, stays while those rows may be there, and goes with them", async () => {
    await withLocalStore(async (store) => {
      await write(store, "one", words);
      expect(await sensitiveOf(store)).toEqual([]);
      await write(store, "two", addresses);
      expect(await sensitiveOf(store)).toEqual([["contact", "email", "values"]]);
      await write(store, "three", words);
      expect(await sensitiveOf(store)).toEqual([["contact", "email", "values"]]);
      expect((await listDatasets(store))[0]?.sensitive).toEqual(["email"]);
      await write(store, "four", words, "replace");
      expect(await sensitiveOf(store)).toEqual([]);
    });
  });

  test("is what a person says, through later writes, until it is taken back", async () => {
    await withLocalStore(async (store) => {
      await write(store, "one", addresses);
      const say = (column: string, kinds: ("phone" | "email")[] | null) =>
        editMetadata({ store, dataset: "d", changes: { sensitivity: [{ column, kinds }] } });
      await say("contact", []);
      await say("ID", ["phone"]);
      expect(await sensitiveOf(store)).toEqual([["id", "phone", "person"]]);
      expect((await say("id", ["phone"])).version).toBe(3);
      await write(store, "two", addresses, "replace");
      expect(await sensitiveOf(store)).toEqual([["id", "phone", "person"]]);
      await say("contact", null);
      await say("id", null);
      expect(await sensitiveOf(store)).toEqual([["contact", "email", "values"]]);
      await expect(say("none", [])).rejects.toMatchObject({
        type: "column-unknown",
        field: "sensitivity.0.column",
      });
    });
  });
});

describe("a description", () => {
  test("is put together from the columns where nobody wrote one", async () => {
    await withLocalStore(async (store) => {
      const version = await write(store, "one", addresses);
      const told = presentDataset(version, new Date());
      expect(told.descriptionSource).toBe("schema");
      expect(told.description).toBe(
        `3 rows with 2 columns, last written on ${version.ingest.at.slice(0, 10)} from the file rows.csv (csv). ` +
          "Columns: id (bigint), contact (varchar). Sensitive: contact (email).",
      );
      const written = await editMetadata({ store, dataset: "d", changes: { description: "People" } });
      expect(presentDataset(written, new Date())).toMatchObject({
        description: "People",
        descriptionSource: "person",
      });
    });
  });
});

/** Telemetry that also keeps the names of what it was told. */
function listening(): { telemetry: MeteredTelemetry; told: string[] } {
  const told: string[] = [];
  const silent = countingTelemetry();
  const telemetry: MeteredTelemetry = {
    ...silent,
    emit(event, fields) {
      told.push(event);
      silent.emit(event, fields);
    },
  };
  return { told, telemetry };
}

describe("freshness", () => {
  test("is told of once when a dataset becomes stale and once when it is fresh again, by whoever watches", async () => {
    await withLocalStore(async (store) => {
      await write(store, "one", words);
      await editMetadata({ store, dataset: "d", changes: { freshness: { every: "1h" } } });
      const { told, telemetry } = listening();
      const at = (hours: number) => () => new Date(Date.now() + hours * 3_600_000);
      const watch = (hours: number) => watchFreshness({ store, telemetry, clock: at(hours) });
      expect(await watch(1.5)).toEqual({ checked: 1, stale: 0 });
      expect(await Promise.all([watch(3), watch(3)])).toEqual([
        { checked: 1, stale: 1 },
        { checked: 1, stale: 1 },
      ]);
      await watch(4);
      expect(told.filter((event) => event === "dataset.stale")).toHaveLength(1);
      expect(await telemetry.metrics.metrics()).toMatch(/lakefleet_catalog_freshness_stale\{.*\} 1/);
      await write(store, "two", words);
      await watch(0);
      await watch(0);
      expect(told.filter((event) => event === "dataset.fresh-again")).toHaveLength(1);
      await watch(9);
      expect(told.filter((event) => event === "dataset.stale")).toHaveLength(2);
    });
  });
});

describe("resyncing", () => {
  test("lists what no list shows, restores counts from the footers, and changes nothing that is right", async () => {
    await withLocalStore(async (store) => {
      await write(store, "one", words);
      const version = await write(store, "two", addresses);
      expect(await resyncMissing(store)).toEqual({ checked: 1, listed: [], recounted: [], damaged: [] });
      await store.delete("catalog/datasets/d");
      const files = version.files.map((file) => ({ ...file, rowCount: 0 }));
      await datasetLog(store, "d").commit((_, number) => ({
        ...version,
        version: number,
        files,
        rowCount: 0,
      }));
      expect(await resyncMissing(store)).toEqual({
        checked: 1,
        listed: ["d"],
        recounted: [{ dataset: "d", version: 4, before: 0, after: 6 }],
        damaged: [],
      });
      expect(await readDataset(store, "d")).toEqual({ ...version, version: 4 });
    });
  });

  test("tells of a dataset whose file is gone, and goes on with the others", async () => {
    await withLocalStore(async (store) => {
      const version = await write(store, "one", words);
      const other = await stageRows(store, columns, [[1, "x"]]);
      await commitStaged(store, other, { mode: "append", ingestId: "two", dataset: "e" });
      await rm(path.join(store.root, version.files[0]!.key));
      expect(await resyncMissing(store)).toMatchObject({ checked: 2, damaged: [{ dataset: "d" }] });
    });
  });
});

import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import {
  createLedgerSql,
  ledgerFile,
  rowStoreFile,
} from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { gateKey, generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { createSearchService } from "@lakefleet/lib/search/search-index.ts";
import { checksumFile } from "@lakefleet/lib/storage/checksum.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
let generation: string;
beforeAll(async () => {
  lake = await openIndexedLake();
  await lake.write([...madeUpRows(80), { name: "empty", body: null }]);
  generation = await lake.publish();
}, 60_000);
afterAll(() => lake.remove());

const search = async () => {
  const service = createSearchService({ store: lake.store, telemetry: silentTelemetry() });
  try {
    return await service.search({
      index: "i",
      query: "onlya7 amber island",
      k: 8,
      filter: { year: { lt: 2005 } },
    });
  } finally {
    await service.close();
  }
};

/** Lays a generation's files out as they were before there were segments, and describes them as it was done then. */
async function rewriteAsWhole(): Promise<void> {
  const folder = path.join(lake.store.root, generationPrefix("i", generation));
  const segment = path.join(folder, "segments", "0001");
  for (const name of readdirSync(segment))
    cpSync(path.join(segment, name), path.join(folder, name), { recursive: true });
  rmSync(path.join(folder, "segments"), { recursive: true });
  const rows = new DatabaseSync(path.join(folder, rowStoreFile));
  rows.exec(createLedgerSql);
  rows.exec(`ATTACH '${path.join(folder, ledgerFile)}' AS ledger`);
  rows.exec("INSERT INTO row_state SELECT * FROM ledger.row_state");
  rows.exec("INSERT INTO indexed_range SELECT * FROM ledger.indexed_range");
  rows.close();
  rmSync(path.join(folder, ledgerFile));
  const manifest = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"));
  for (const key of ["segments", "ledger", "parent", "pipelineSettings", "curves"]) delete manifest[key];
  manifest.schemaVersion = 1;
  manifest.files = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || entry.name === "manifest.json") continue;
    const name = path.relative(folder, file);
    manifest.files.push({ path: name, byteCount: statSync(file).size, checksum: await checksumFile(file) });
  }
  writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest));
  rmSync(path.join(lake.store.root, gateKey("i", generation)));
}

describe("a generation of before segments", () => {
  test("opens, passes the gate and answers as it did, and the next one is built whole beside it", async () => {
    const before = await search();
    await rewriteAsWhole();
    const { manifest } = await readManifest(lake.store, "i", generation);
    expect(manifest.segments).toMatchObject([{ folder: "", chunkCount: 80, appended: false, flat: false }]);
    expect(await gateGeneration({ store: lake.store, index: "i", generation })).toMatchObject({
      reused: false,
    });
    const opened = await openGeneration({ store: lake.store, index: "i", generation });
    expect(opened.rows.rowStates({ afterRowId: -1, limit: 10 })).toMatchObject([{ state: "excluded" }]);
    await opened.close();
    const after = await search();
    expect(after.hits).toEqual(before.hits);
    expect(after.hits.length).toBe(8);

    await lake.write(madeUpRows(5, "b"));
    await lake.embed();
    const next = (await lake.build()).manifest;
    expect(next.parent).toBeNull();
    expect(next.segments).toMatchObject([{ folder: "segments/0001", chunkCount: 85 }]);
  });
});

import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { gateOrRebuild } from "@lakefleet/lib/gate/gate-or-rebuild.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import type { GateCheck } from "@lakefleet/lib/generation/certificate.ts";
import { writeGateFailure } from "@lakefleet/lib/generation/gate-failure.ts";
import { gateKey, generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import type { GenerationManifest } from "@lakefleet/lib/generation/generation-manifest.ts";
import { GateThresholds } from "@lakefleet/lib/generation/index-policy.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { openUngated } from "@lakefleet/lib/generation/read/open-generation.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { verifyIndex } from "@lakefleet/lib/verification/verify-index.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
/** Serves the generation `parent` over 200 rows; each test has a copy of it. */
let published: IndexedLake;
let parent: string;
beforeAll(async () => {
  published = await openIndexedLake();
  await published.write(madeUpRows(200));
  parent = await published.publish();
});
afterAll(() => published.remove());
beforeEach(async () => {
  lake = await published.copy();
});
afterEach(() => lake.remove());

describe("an index that is split by a column", () => {
  test("has a segment for each frequent value, and a filter on it is answered from that one", async () => {
    await lake.define({ shardBy: "topic" });
    const rows = madeUpRows(2_150).map((row, at) => ({
      ...row,
      topic: at < 50 ? "rare" : ["sea", "land"][at % 2]!,
    }));
    await lake.write(rows, "replace");
    await lake.embed();
    const { manifest } = await lake.build();
    expect(manifest.segments.map(({ shard, chunkCount }) => [shard, chunkCount])).toEqual([
      ["land", 1_050],
      ["sea", 1_050],
      [null, 50],
    ]);
    const opened = await openUngated({ store: lake.store, index: "i", generation: manifest.generation });
    try {
      const filter = await opened.select("m0 = 'rare'");
      expect(filter.matchCount).toBe(50);
      const [query] = [await opened.vectors.fetch([2_120])];
      const hits = await opened.vectors.search(query!, { k: 60, filter });
      expect(hits.ordinals.length).toBe(50);
      const topics = new Set(opened.rows.fetch(hits.ordinals).map(({ metadata }) => metadata.topic));
      expect([...topics]).toEqual(["rare"]);
      const unfiltered = await opened.vectors.search(query!, { k: 5 });
      expect(unfiltered.ordinals[0]).toBe(2_120);
    } finally {
      await opened.close();
    }
  });
});

describe("an appended generation", () => {
  async function append() {
    await lake.write(madeUpRows(10, "b"));
    await lake.embed();
    return (await lake.build()).manifest;
  }

  test("that the gate refused is built whole the next time", async () => {
    const appended = await append();
    expect(appended.parent).toBe(parent);
    const { generation } = appended;
    const { checksum } = await readManifest(lake.store, "i", generation);
    await writeGateFailure(lake.store, {
      schemaVersion: 2,
      index: "i",
      generation,
      evalSet: null,
      thresholds: GateThresholds.parse({}),
      manifestChecksum: checksum,
      checks: [],
      at: new Date().toISOString(),
    });
    const { manifest, reused } = await lake.build();
    expect([manifest.generation, manifest.parent, reused]).toEqual([generation, null, false]);
    expect((await lake.build()).reused).toBe(true);
  });

  test("is gated by what was appended and its parent's certificate, and whole where there is none", async () => {
    const appended = await append();
    const target = { store: lake.store, index: "i", generation: appended.generation };
    const gate = async () => {
      const seen: GateCheck[] = [];
      await gateGeneration({ ...target, onChecks: (checks) => seen.push(...checks) });
      return new Map(seen.map((check) => [check.name, check]));
    };
    const checks = await gate();
    expect(checks.get("recall@10")).toMatchObject({ measured: 1, detail: expect.stringContaining("parent") });
    expect(checks.get("probes-found")).toMatchObject({ passed: true, measured: 1 });
    await promoteGeneration({ ...target, reason: "test", actor: "test", by: "person" });
    expect(await Array.fromAsync(verifyIndex({ store: lake.store, index: "i", deep: true }))).toEqual([]);

    await lake.store.delete(gateKey("i", parent));
    await lake.store.delete(gateKey("i", appended.generation));
    const whole = await gate();
    expect(whole.get("recall@10")?.detail).not.toContain("parent");
    expect(whole.has("probes-found")).toBe(false);
  });

  test("that the gate refuses is built whole in its place, and passes", async () => {
    const appended = await append();
    const { generation } = appended;
    const own = appended.segments.find((segment) => segment.appended)!;
    const file = path.join(lake.store.root, generationPrefix("i", generation), own.folder, "lexical.bin");
    const bytes = readFileSync(file);
    bytes[bytes.length >>> 1]! ^= 1;
    writeFileSync(file, bytes);
    const refusals: string[] = [];
    const outcome = await gateOrRebuild({
      store: lake.store,
      locks: lake.locks,
      index: "i",
      generation,
      onRebuild: ({ type }) => refusals.push(type),
    });
    expect(refusals).toEqual(["gate-failed"]);
    const { manifest } = await readManifest(lake.store, "i", outcome.generation);
    expect(manifest).toMatchObject({ parent: null, vectorCount: 210 });
  });

  test("shares no file that has been damaged", async () => {
    const file = path.join(lake.store.root, generationPrefix("i", parent), "segments/0001/lexical.bin");
    const bytes = readFileSync(file);
    bytes[100]! ^= 1;
    writeFileSync(file, bytes);
    await lake.write(madeUpRows(10, "b"));
    await lake.embed();
    expect((await lake.build()).manifest.parent).toBeNull();
  });

  test("outlives its parent", async () => {
    const appended = await append();
    await lake.store.deletePrefix(`${generationPrefix("i", parent)}/`);
    const opened = await openUngated({ store: lake.store, index: "i", generation: appended.generation });
    expect(opened.rows.chunkCount).toBe(210);
    await opened.close();
  });
});

describe("a generation of another search setting", () => {
  const filesOf = ({ generation, files }: GenerationManifest) =>
    files
      .filter(({ path: file }) => file.startsWith("segments/"))
      .map(
        ({ path: file }) => statSync(path.join(lake.store.root, generationPrefix("i", generation), file)).ino,
      );

  test("shares every file of a segment, and of another way of building none", async () => {
    const { manifest: served } = await readManifest(lake.store, "i", parent);
    const { store, locks } = lake;
    const build = (change: object) =>
      buildGeneration({ store, index: "i", locks, threads: 1, parameters: parametersOf(change) });
    const { manifest } = await build({ expansionSearch: 200 });
    expect(manifest).toMatchObject({
      parent,
      parameters: { expansionSearch: 200 },
      segments: served.segments,
    });
    expect(manifest.generation).not.toBe(parent);
    expect(filesOf(manifest)).toEqual(filesOf(served));
    await gateGeneration({ store, index: "i", generation: manifest.generation });

    const other = (await build({ connectivity: 8 })).manifest;
    expect(other.parent).toBeNull();
    expect(filesOf(other)).not.toEqual(expect.arrayContaining(filesOf(served).slice(0, 1)));
  });

  test("takes its search anew where the definition itself was changed", async () => {
    await lake.define({ parameters: parametersOf({ expansionSearch: 300 }) });
    expect((await lake.build()).manifest).toMatchObject({ parent, parameters: { expansionSearch: 300 } });
    await lake.define({
      parameters: parametersOf({ expansionSearch: 300 }),
      chunking: { size: 200, overlap: 0 },
    });
    await lake.embed();
    expect((await lake.build()).manifest.parent).toBeNull();
  });
});

const parametersOf = (change: object) => IndexParameters.parse({ backend: "hnsw", ...change });

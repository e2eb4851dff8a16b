import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { activeLog } from "@lakefleet/lib/generation/active-log.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import type { BuildProgress } from "@lakefleet/lib/generation/build/build-progress.ts";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { listGenerations } from "@lakefleet/lib/generation/list-generations.ts";
import { verifyIndex } from "@lakefleet/lib/verification/verify-index.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
beforeEach(async () => {
  lake = await openIndexedLake();
});
afterEach(() => lake.remove());

const published = async () =>
  (await listGenerations({ store: lake.store, index: "i" })).map(({ generation }) => generation);
const scratchFolders = () => readdirSync(path.join(lake.store.root, "_staging"));
const findings = () => Array.fromAsync(verifyIndex({ store: lake.store, index: "i", deep: true }));

/** Flips one byte in the middle of a published file. */
function damage(generation: string, file: string): void {
  const target = path.join(lake.store.root, generationPrefix("i", generation), file);
  const bytes = readFileSync(target);
  const middle = bytes.length >>> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(target, bytes);
}

async function runProcess(failpoints: string): Promise<NodeJS.Signals | number | null> {
  const script = path.join(import.meta.dirname, "../support/build-process.ts");
  const child = spawn(process.execPath, [script, lake.store.root, lake.locks, failpoints], {
    stdio: "inherit",
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
}

describe("building a generation", () => {
  test("accounts for every row and is found done the next time, also after an embed run that changed nothing", async () => {
    await lake.write([...madeUpRows(500), { name: "empty", body: null }, { name: "dots", body: "… !" }]);
    await lake.embed();
    const scratchBefore = scratchFolders();
    const { manifest, reused } = await lake.build();
    expect(reused).toBe(false);
    expect(manifest.accounting).toEqual({
      rows: 502,
      indexed: 500,
      pending: 0,
      failed: { no_features: 1 },
      excluded: { empty_text: 1 },
      balanced: true,
    });
    expect(await published()).toEqual([manifest.generation]);
    await lake.embed();
    expect(await lake.build()).toEqual({ manifest, reused: true, phases: expect.anything() });
    expect(scratchFolders()).toEqual(scratchBefore);
    expect(await findings()).toEqual([]);
  });

  test("reports chunks as they enter the index, up to all of them, and that a graph grows slower", async () => {
    await lake.write(madeUpRows(3_000));
    await lake.embed();
    const advances: Parameters<BuildProgress>[0][] = [];
    const { store, locks } = lake;
    await buildGeneration({
      store,
      index: "i",
      locks,
      threads: 1,
      progress: (advance) => advances.push(advance),
    });
    expect(advances.every(({ growth }) => growth > 1)).toBe(true);
    const seen = advances.map(({ done }) => done);
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(3_000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test("a build that is cancelled half-way leaves nothing behind, and the next one succeeds", async () => {
    await lake.write(madeUpRows(3_000));
    await lake.embed();
    const scratchBefore = scratchFolders();
    const abort = new AbortController();
    const { store, locks } = lake;
    const cancelled = buildGeneration({
      store,
      index: "i",
      locks,
      threads: 1,
      signal: abort.signal,
      progress: ({ done }) => {
        if (done > 0) abort.abort();
      },
    });
    await expect(cancelled).rejects.toMatchObject({ kind: "cancelled", type: "build-cancelled" });
    expect(await published()).toEqual([]);
    expect(scratchFolders()).toEqual(scratchBefore);
    expect((await lake.build()).reused).toBe(false);
  });

  test("a process killed before the publication leaves nothing visible, after it a generation that is found", async () => {
    await lake.write(madeUpRows(200));
    await lake.embed();
    expect(await runProcess("build.before-publish")).toBe("SIGKILL");
    expect(await published()).toEqual([]);
    expect(await runProcess("build.after-publish")).toBe("SIGKILL");
    const [generation] = await published();
    expect(await runProcess("gate.before-record")).toBe("SIGKILL");
    expect(await runProcess("promote.before-commit")).toBe("SIGKILL");
    expect(await activeLog(lake.store, "i").head()).toBeUndefined();
    expect(await runProcess("promote.after-commit")).toBe("SIGKILL");
    expect(await runProcess("")).toBe(0);
    expect(await published()).toEqual([generation]);
    expect(await activeLog(lake.store, "i").head()).toMatchObject({ number: 1, document: { generation } });
    expect(await findings()).toEqual([]);
  });

  test("two builds at once make one generation", async () => {
    await lake.write(madeUpRows(300));
    await lake.embed();
    const built = await Promise.all([lake.build(), lake.build()]);
    expect(built.map(({ reused }) => reused).sort()).toEqual([false, true]);
    expect(await published()).toHaveLength(1);
  });

  test("a damaged generation is built again instead of being reused", async () => {
    await lake.write(madeUpRows(300));
    await lake.embed();
    const { manifest } = await lake.build();
    damage(manifest.generation, "segments/0001/lexical.bin");
    expect(await findings()).toContainEqual(
      expect.objectContaining({ type: "generation-files", detail: expect.stringContaining("lexical.bin") }),
    );
    expect((await lake.build()).reused).toBe(false);
    expect(await findings()).toEqual([]);
  });

  test("a dataset whose rows have no text gives an empty generation with balanced books", async () => {
    await lake.write([
      { name: "a", body: "" },
      { name: "b", body: "  " },
    ]);
    const generation = await lake.publish();
    const [summary] = await listGenerations({ store: lake.store, index: "i" });
    expect(summary).toMatchObject({
      generation,
      vectorCount: 0,
      sourceRowCount: 2,
      active: true,
      gated: true,
    });
    expect(await findings()).toEqual([]);
  });

  test("an index without chunks, or without a definition, says so", async () => {
    await lake.write(madeUpRows(1));
    await expect(lake.build()).rejects.toMatchObject({ type: "pipeline-unsynced" });
    const { store, locks } = lake;
    await expect(buildGeneration({ store, index: "nothing", locks })).rejects.toMatchObject({
      type: "index-missing",
    });
  });
});

import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { DatasetVersion } from "../../lib/dataset/dataset-version.ts";
import { embedPending } from "../../lib/embedding/embed-pending.ts";
import type { Pipeline } from "../../lib/embedding/pipeline-tables.ts";
import { readPipeline } from "../../lib/embedding/read-pipeline.ts";
import { syncPipeline } from "../../lib/embedding/sync-pipeline.ts";
import { verifyPipeline } from "../../lib/embedding/verify-pipeline.ts";
import { countingProvider } from "./pipeline-providers.ts";
import {
  createPipelineWorld,
  makeRows,
  notesDefinition,
  type PipelineWorld,
  pipelineContent,
  writeVersion,
} from "./pipeline-world.ts";

const child = path.join(import.meta.dirname, "pipeline-child.ts");

async function killAt(world: PipelineWorld, version: DatasetVersion, point: string): Promise<void> {
  await world.store.put("version.json", new TextEncoder().encode(JSON.stringify(version)));
  const run = promisify(execFile)(process.execPath, [child, world.folder, point]);
  await expect(run).rejects.toMatchObject({ signal: "SIGKILL" });
}

async function finish(world: PipelineWorld, pipeline: Pipeline, version: DatasetVersion) {
  const synced = await syncPipeline({ pipeline, store: world.store, definition: notesDefinition, version });
  const embedded = await embedPending({ pipeline, provider: countingProvider() });
  return { synced, embedded };
}

async function findings(world: PipelineWorld) {
  return Array.fromAsync(
    verifyPipeline({
      store: world.store,
      index: "notes",
      locks: path.join(world.folder, "locks"),
      deep: true,
    }),
  );
}

/** What an undisturbed run makes of the version. */
async function undisturbed(version: DatasetVersion, rowCount: number): Promise<string[]> {
  await using world = await createPipelineWorld();
  await writeVersion(world.store, undefined, { rows: makeRows(rowCount) });
  const pipeline = await world.open("notes");
  await finish(world, pipeline, version);
  // Awaited here, for the world goes when this function ends.
  return await pipelineContent(pipeline);
}

describe("a run that is cut", () => {
  test.each(["embed.after-claim", "embed.before-commit", "embed.after-commit"])(
    "killed at %s, the next run ends where an undisturbed one does",
    async (point) => {
      await using world = await createPipelineWorld();
      const version = await writeVersion(world.store, undefined, { rows: makeRows(50) });
      await killAt(world, version, point);
      expect(await findings(world)).toEqual([]);
      const pipeline = await world.open("notes");
      const { embedded } = await finish(world, pipeline, version);
      expect(embedded.chunks).toBe(point === "embed.after-commit" ? 0 : 50);
      expect(await findings(world)).toEqual([]);
      expect(await pipeline.embeddings.countRows()).toBe(50);
      expect(await pipelineContent(pipeline)).toEqual(await undisturbed(version, 50));
    },
  );

  test("killed between the two commits of a batch, no vector is there twice", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(20) });
    await finish(world, pipeline, version);
    // The state after such a kill: the lines are in `embeddings`, and `documents` still says in_progress.
    await pipeline.documents.update({
      where: "id in ('3-0', '4-0')",
      valuesSql: { embedding_status: "'in_progress'", vector: "NULL" },
    });
    expect(await findings(world)).toEqual([]);
    expect(await embedPending({ pipeline, provider: countingProvider() })).toMatchObject({
      chunks: 2,
      reused: 2,
    });
    expect(await pipeline.embeddings.countRows()).toBe(20);
    expect(await findings(world)).toEqual([]);
  });

  test("a sync of 20,000 rows killed after its first commit, then an abort between two batches", async () => {
    await using world = await createPipelineWorld();
    const rowCount = 20_000;
    const version = await writeVersion(world.store, undefined, { rows: makeRows(rowCount) });
    await killAt(world, version, "sync");
    const pipeline = await world.open("notes");
    const present = await pipeline.documents.countRows();
    expect(present).toBeGreaterThan(0);
    expect(present).toBeLessThan(rowCount);
    await expect(readPipeline({ pipeline })).rejects.toMatchObject({ type: "pipeline-unsynced" });

    // Some of the rows that are there have died meanwhile.
    const later = await writeVersion(world.store, version, { rows: makeRows(5), dead: [0, 7, 19_999] });
    const synced = await syncPipeline({
      pipeline,
      store: world.store,
      definition: notesDefinition,
      version: later,
    });
    expect(synced).toMatchObject({ rowsAdded: rowCount + 5 - 1 - present, rowsRemoved: 2 });
    expect(await pipeline.documents.countRows()).toBe(rowCount + 2);

    const abort = new AbortController();
    const cut = embedPending({
      pipeline,
      provider: countingProvider(),
      signal: abort.signal,
      progress: ({ done }) => done > 0 && abort.abort(),
    });
    await expect(cut).rejects.toMatchObject({ kind: "cancelled" });
    const left = await pipeline.documents.countRows("embedding_status = 'new'");
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(rowCount);
    expect(await findings(world)).toEqual([]);

    const began = performance.now();
    expect(await embedPending({ pipeline, provider: countingProvider() })).toMatchObject({
      chunks: left,
      failed: 0,
    });
    // Alone on two cores it takes 2 s; the bound leaves room for the other tests.
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(await findings(world)).toEqual([]);
    await expectWhole(pipeline, rowCount + 2);
  });
});

async function expectWhole(pipeline: Pipeline, chunkCount: number): Promise<void> {
  const snapshot = await readPipeline({ pipeline });
  try {
    expect(snapshot).toMatchObject({ chunkCount, indexedRowCount: chunkCount, missingRowCount: 0 });
    let previous = -1;
    for await (const block of snapshot.blocks()) {
      for (const rowId of block.rowIds) {
        expect(rowId).toBeGreaterThan(previous);
        previous = rowId;
      }
    }
  } finally {
    snapshot.close();
  }
}

test.each([
  ["before", []],
  ["while", ["18446744073709551614.manifest#1"]],
] as const)(
  "a kill %s the first version of a table is written leaves one that is made anew",
  async (_, versions) => {
    await using world = await createPipelineWorld();
    const made = await world.open("notes");
    const folder = path.join(await world.store.materialize("indexes/notes/pipeline"), "embeddings.lance");
    made.close();
    // What Lance leaves: the folder, and at most a version that is still staged under another name.
    await rm(folder, { recursive: true });
    await mkdir(path.join(folder, "_versions"), { recursive: true });
    for (const name of versions) await writeFile(path.join(folder, "_versions", name), "");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(3) });
    const { embedded } = await finish(world, await world.open("notes"), version);
    expect(embedded).toMatchObject({ embedded: 3 });
    expect(await findings(world)).toEqual([]);
  },
);

import { describe, expect, test } from "vitest";
import type { DatasetVersion } from "../../lib/dataset/dataset-version.ts";
import { embedPending } from "../../lib/embedding/embed-pending.ts";
import type { EmbeddingProvider } from "../../lib/embedding/embedding-provider.ts";
import { forgetCached } from "../../lib/embedding/forgotten-texts.ts";
import type { Pipeline } from "../../lib/embedding/pipeline-tables.ts";
import { type PipelineSnapshot, readPipeline } from "../../lib/embedding/read-pipeline.ts";
import { syncPipeline } from "../../lib/embedding/sync-pipeline.ts";
import { verifyPipeline } from "../../lib/embedding/verify-pipeline.ts";
import { countingProvider, madeUpProvider } from "./pipeline-providers.ts";
import {
  createPipelineWorld,
  makeRows,
  notesDefinition,
  type PipelineWorld,
  pipelineContent,
  writeVersion,
} from "./pipeline-world.ts";

async function run(
  world: PipelineWorld,
  work: { pipeline: Pipeline; version: DatasetVersion; provider: EmbeddingProvider; size?: number },
) {
  const { pipeline, version, provider, size = notesDefinition.chunking.size } = work;
  const definition = { ...notesDefinition, chunking: { size, overlap: 20 } };
  const synced = await syncPipeline({ pipeline, store: world.store, definition, version });
  const embedded = await embedPending({ pipeline, provider });
  expect(await findings(world, pipeline.index)).toEqual([]);
  return { synced, embedded };
}

async function findings(world: PipelineWorld, index: string) {
  return Array.fromAsync(
    verifyPipeline({ store: world.store, index, locks: `${world.folder}/locks`, deep: true }),
  );
}

/** All that a snapshot gives, the books checked. */
async function readAll(pipeline: Pipeline) {
  const snapshot = await readPipeline({ pipeline });
  try {
    return await drain(snapshot);
  } finally {
    snapshot.close();
  }
}

async function drain(snapshot: PipelineSnapshot) {
  const blocks = await Array.fromAsync(snapshot.blocks());
  const missing = await Array.fromAsync(snapshot.missing());
  const ids = blocks.flatMap((block) => block.ids);
  expect(ids.length).toBe(snapshot.chunkCount);
  expect(missing.length).toBe(snapshot.missingRowCount);
  expect(new Set(blocks.flatMap((block) => [...block.rowIds])).size).toBe(snapshot.indexedRowCount);
  return { snapshot, blocks, missing, ids };
}

describe("the embedding pipeline", () => {
  test("rows become chunks with unit vectors, read in order of row and chunk", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const long = "A sentence of some length stands here. ".repeat(12);
    const rows = [...makeRows(3), { title: "long", body: long, kind: "x" }, ...makeRows(8)];
    const version = await writeVersion(world.store, undefined, { rows });
    const { synced, embedded } = await run(world, { pipeline, version, provider: countingProvider() });
    expect(synced).toMatchObject({ datasetVersion: 1, rowsAdded: 12, rowsRemoved: 0, chunksAdded: 14 });
    // The first three texts come twice.
    expect(embedded).toMatchObject({ chunks: 14, embedded: 11, reused: 3, failed: 0 });

    const { snapshot, blocks, ids, missing } = await readAll(pipeline);
    expect(ids).toEqual([
      "0-0",
      "1-0",
      "2-0",
      "3-0",
      "3-1",
      "3-2",
      ...[4, 5, 6, 7, 8, 9, 10, 11].map((id) => `${id}-0`),
    ]);
    expect(missing).toEqual([]);
    expect(snapshot).toMatchObject({ syncedDatasetVersion: 1, embedderId: "hash-768@1", dimension: 768 });
    expect(blocks[0]?.docIds.slice(0, 4)).toEqual(["note 0", "note 1", "note 2", "long"]);
    expect(blocks[0]?.contents[1]).toBe("Row 1 tells of 7919 things and 1 others.");
    const [line] = await pipeline.documents.query().where("id = '3-1'").toArray();
    expect(line).toMatchObject({ doc_id: "long", doc_path: "long", category: "x", category_text: "x" });
    expect(line).toMatchObject({ chunk_index: 1, total_chunks: 3, index_status: "stale" });
  });

  test("a second run changes nothing, and an older version neither", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const first = await writeVersion(world.store, undefined, { rows: makeRows(5) });
    const second = await writeVersion(world.store, first, { rows: makeRows(2) });
    const provider = countingProvider();
    await run(world, { pipeline, version: second, provider });
    const before = await pipelineContent(pipeline);
    for (const version of [second, first]) {
      const { synced, embedded } = await run(world, { pipeline, version, provider });
      expect(synced).toMatchObject({ datasetVersion: 2, rowsAdded: 0, rowsRemoved: 0 });
      expect(embedded.chunks).toBe(0);
    }
    expect(await pipelineContent(pipeline)).toEqual(before);
  });

  test("a changed document keeps the vectors of its other chunks, and what is gone leaves the cache", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const provider = countingProvider();
    const sentences = Array.from(
      { length: 20 },
      (_, place) => `Sentence ${place} tells of ${place * 7919} things.`,
    );
    const rowOf = (title: string, body: string[]) => ({ title, body: body.join(" "), kind: "k" });
    const rows = [rowOf("long", sentences), rowOf("one", ["The same."]), rowOf("two", ["The same."])];
    const first = await writeVersion(world.store, undefined, { rows });
    const before = await run(world, { pipeline, version: first, provider });
    const cached = () => pipeline.cache.countRows();
    expect(await cached()).toBe(before.embedded.embedded);
    await pipeline.cache.delete("content_hash is not null");
    provider.asked.length = 0;

    const changed = rowOf("long", [...sentences, "And one more."]);
    const second = await writeVersion(world.store, first, { rows: [changed], dead: [0, 1] });
    const { synced, embedded } = await run(world, { pipeline, version: second, provider });
    expect(synced.chunksAdded - synced.chunksKept).toBe(embedded.chunks);
    expect(provider.asked).toHaveLength(1);
    expect(provider.asked[0]).toContain("And one more.");
    await forgetCached({ store: world.store, pipeline });
    expect(await cached()).toBe(1);

    const shrunk = await writeVersion(world.store, second, {
      rows: [rowOf("long", ["Short."])],
      dead: [2, 3],
    });
    await run(world, { pipeline, version: shrunk, provider });
    expect(await forgetCached({ store: world.store, pipeline })).toBeGreaterThan(3);
    const { ids } = await readAll(pipeline);
    expect(ids).toEqual(["4-0"]);
    expect(await cached()).toBe(1);
    expect(await forgetCached({ store: world.store, pipeline })).toBe(0);
  });

  test("an append costs the appended rows, and dead rows leave every table", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const provider = countingProvider();
    const first = await writeVersion(world.store, undefined, { rows: makeRows(6) });
    await run(world, { pipeline, version: first, provider });
    provider.asked.length = 0;
    const appended = [{ title: "new", body: "Something new.", kind: "k" }];
    const second = await writeVersion(world.store, first, { rows: appended, dead: [1, 4] });
    const { synced } = await run(world, { pipeline, version: second, provider });
    expect(synced).toMatchObject({ rowsAdded: 1, rowsRemoved: 2, chunksAdded: 1 });
    expect(provider.asked).toEqual(["Something new."]);
    expect((await readAll(pipeline)).ids).toEqual(["0-0", "2-0", "3-0", "5-0", "6-0"]);
    expect(await pipeline.embeddings.countRows()).toBe(5);

    const third = await writeVersion(world.store, second, { rows: makeRows(2), replace: true });
    const replaced = await run(world, { pipeline, version: third, provider });
    // One of the two texts is one that leaves; the other one left before, and the cache knows it.
    expect(replaced.synced).toMatchObject({ rowsAdded: 2, rowsRemoved: 5, chunksKept: 1 });
    expect(replaced.embedded).toMatchObject({ chunks: 1, embedded: 0, reused: 1, failed: 0 });
    expect((await readAll(pipeline)).ids).toEqual(["7-0", "8-0"]);
  });

  test("another chunk size makes every chunk anew", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const body = "Short sentences stand here. They are many. ".repeat(6);
    const version = await writeVersion(world.store, undefined, { rows: [{ title: "a", body, kind: "k" }] });
    const provider = countingProvider();
    await run(world, { pipeline, version, provider });
    const { synced } = await run(world, { pipeline, version, provider, size: 64 });
    expect(synced).toMatchObject({ reset: true, rowsAdded: 1 });
    const { blocks } = await readAll(pipeline);
    expect(
      Math.max(...blocks.flatMap((block) => block.contents.map((text) => text.length))),
    ).toBeLessThanOrEqual(64);
    expect(await pipeline.embeddings.countRows()).toBe(blocks[0]?.ids.length);
  });

  test("a text that one index has embedded is not embedded for another", async () => {
    await using world = await createPipelineWorld();
    const version = await writeVersion(world.store, undefined, { rows: makeRows(20) });
    const provider = countingProvider();
    await run(world, { pipeline: await world.open("one"), version, provider });
    provider.asked.length = 0;
    const two = await world.open("two");
    const { embedded } = await run(world, { pipeline: two, version, provider });
    expect(embedded).toMatchObject({ chunks: 20, embedded: 0, reused: 20, failed: 0 });
    expect(provider.asked).toEqual([]);
    expect(await pipelineContent(two)).toEqual(await pipelineContent(await world.open("one")));
  });

  test("two indexes that embed the same texts at once leave each in the cache once", async () => {
    await using world = await createPipelineWorld();
    const version = await writeVersion(world.store, undefined, { rows: makeRows(300) });
    const pipelines = [await world.open("one"), await world.open("two"), await world.open("three")];
    await Promise.all(
      pipelines.map((pipeline) => run(world, { pipeline, version, provider: countingProvider() })),
    );
    expect(await pipelines[0]?.cache.countRows()).toBe(300);
  });

  test("rows without text are excluded, rows of mere punctuation failed, and both are not tried again", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const body = (text: string | null) => ({ title: "", body: text, kind: "k" });
    const rows = [body("A good text."), body(null), body("  \n "), body("--- ... !!!")];
    const version = await writeVersion(world.store, undefined, { rows });
    const provider = countingProvider();
    const { embedded } = await run(world, { pipeline, version, provider });
    expect(embedded).toMatchObject({ chunks: 2, embedded: 1, reused: 0, failed: 1 });
    expect((await readAll(pipeline)).missing).toEqual([
      { rowId: 1, docId: "1", state: "excluded", reason: "empty_text" },
      { rowId: 2, docId: "2", state: "excluded", reason: "empty_text" },
      { rowId: 3, docId: "3", state: "failed", reason: "no_features" },
    ]);
    provider.asked.length = 0;
    expect(await embedPending({ pipeline, provider })).toMatchObject({ chunks: 0 });
    expect(provider.asked).toEqual([]);
  });

  test("a chunk without features beside good ones does not fail its row", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const text = `${"Words and more words go here. ".repeat(6)}\n\n${". ".repeat(150)}`;
    const version = await writeVersion(world.store, undefined, {
      rows: [{ title: "t", body: text, kind: "k" }],
    });
    const { embedded } = await run(world, { pipeline, version, provider: countingProvider() });
    expect(embedded.failed).toBeGreaterThan(0);
    const { missing, ids } = await readAll(pipeline);
    expect(missing).toEqual([]);
    expect(ids).toEqual(["0-0"]);
  });

  test.each([
    ["not_finite", { answer: (texts: readonly string[]) => texts.flatMap(() => [Number.NaN, 1]) }],
    ["not_unit", { answer: (texts: readonly string[]) => texts.flatMap(() => [3, 4]) }],
    ["no_features", { answer: (texts: readonly string[]) => texts.flatMap(() => [0, 0]) }],
    ["wrong_dimension", { answer: (texts: readonly string[]) => texts.flatMap(() => [1, 0, 0]) }],
    ["short_answer", { answer: () => [1, 0] }],
    ["too_long", { answer: () => [], lengthMax: 5 }],
  ])(
    "a provider's %s answer is refused, never stored, and made good by a better one",
    async (reason, made) => {
      await using world = await createPipelineWorld();
      const pipeline = await world.open("notes");
      const version = await writeVersion(world.store, undefined, { rows: makeRows(3) });
      const { embedded } = await run(world, { pipeline, version, provider: madeUpProvider(made) });
      expect(embedded).toMatchObject({ chunks: 3, embedded: 0, reused: 0, failed: 3 });
      expect((await readAll(pipeline)).missing.map((row) => row.reason)).toEqual([reason, reason, reason]);
      expect(await pipeline.cache.countRows()).toBe(0);
      expect(await pipeline.embeddings.countRows()).toBe(0);

      const better = await embedPending({ pipeline, provider: countingProvider() });
      expect(better).toMatchObject({ chunks: 3, embedded: 3, reused: 0, failed: 0 });
      expect((await readAll(pipeline)).missing).toEqual([]);
    },
  );

  test("an index can change its embedder and come back", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(4) });
    const provider = countingProvider();
    await run(world, { pipeline, version, provider });
    const before = await pipelineContent(pipeline);
    const other = madeUpProvider({ answer: (texts) => texts.flatMap(() => [0, 1]) });
    expect((await run(world, { pipeline, version, provider: other })).embedded.embedded).toBe(4);
    expect((await readAll(pipeline)).snapshot).toMatchObject({ embedderId: "made-up@1", dimension: 2 });
    expect((await run(world, { pipeline, version, provider })).embedded).toMatchObject({
      reused: 4,
      embedded: 0,
    });
    expect(await pipelineContent(pipeline)).toEqual(before);
    expect(await pipeline.embeddings.countRows("embedder_id = 'hash-768@1'")).toBe(4);
  });

  test("a failing provider leaves its chunks to the next run", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(4) });
    const broken = madeUpProvider({
      answer: () => {
        throw new TypeError("no connection");
      },
    });
    await expect(run(world, { pipeline, version, provider: broken })).rejects.toThrow("no connection");
    expect(await pipeline.documents.countRows("embedding_status = 'new'")).toBe(4);
    await expect(run(world, { pipeline, version, provider: countingProvider() })).resolves.toMatchObject({
      embedded: { embedded: 4 },
    });
  });

  test("only one run at a time works on an index", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(4) });
    await syncPipeline({ pipeline, store: world.store, definition: notesDefinition, version });
    const another = await world.open("notes");
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const inside = countingProvider();
    const slow: EmbeddingProvider = {
      ...inside,
      async embedBatch(texts, options) {
        started.resolve();
        await gate.promise;
        return inside.embedBatch(texts, options);
      },
    };
    const first = embedPending({ pipeline, provider: slow });
    await started.promise;
    const busy = { kind: "busy", type: "lock-held" };
    await expect(embedPending({ pipeline: another, provider: inside })).rejects.toMatchObject(busy);
    const sync = { pipeline: another, store: world.store, definition: notesDefinition, version };
    await expect(syncPipeline(sync)).rejects.toMatchObject(busy);
    gate.resolve();
    expect(await first).toMatchObject({ embedded: 4 });
    expect(inside.asked.length).toBe(4);
  });

  test("a snapshot stays as it was while the tables go on", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    await expect(readPipeline({ pipeline })).rejects.toMatchObject({
      kind: "conflict",
      type: "pipeline-unsynced",
    });
    const provider = countingProvider();
    const first = await writeVersion(world.store, undefined, { rows: makeRows(4) });
    await run(world, { pipeline, version: first, provider });
    const snapshot = await readPipeline({ pipeline });
    const second = await writeVersion(world.store, first, { rows: makeRows(1), dead: [0, 1, 2, 3] });
    await run(world, { pipeline, version: second, provider });
    expect((await drain(snapshot)).ids).toEqual(["0-0", "1-0", "2-0", "3-0"]);
    expect((await readAll(pipeline)).ids).toEqual(["4-0"]);
    snapshot.close();
  });

  test("damage is found: chunks twice, content changed, vectors spoilt, lines too many", async () => {
    await using world = await createPipelineWorld();
    const pipeline = await world.open("notes");
    const version = await writeVersion(world.store, undefined, { rows: makeRows(4) });
    await run(world, { pipeline, version, provider: countingProvider() });
    const types = async () => (await findings(world, "notes")).map((finding) => finding.type).sort();

    await pipeline.documents.update({ where: "id = '0-0'", values: { content: "other" } });
    await pipeline.documents.update({ where: "id = '1-0'", values: { embedding_status: "done" } });
    await pipeline.documents.update({ where: "id = '2-0'", valuesSql: { vector: "NULL" } });
    await pipeline.embeddings.delete("id = '3-0'");
    await pipeline.embeddings.add(await pipeline.embeddings.query().where("id = '0-0'").toArrow());
    expect(await types()).toEqual([
      "chunk-hash",
      "chunk-status",
      "chunk-vector",
      "embedding-missing",
      "embedding-orphan",
    ]);
    await pipeline.documents.add(await pipeline.documents.query().where("id = '0-0'").toArrow());
    expect(await types()).toContain("pipeline-chunks");
  });
});

import { confirmModel, confirmWhenAsked } from "@lakefleet/lib/embedding/model-identity.ts";
import { verifyIdentities } from "@lakefleet/lib/embedding/stored-identity.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { embedPending } from "../../lib/embedding/embed-pending.ts";
import type { EmbeddingProvider } from "../../lib/embedding/embedding-provider.ts";
import type { Pipeline } from "../../lib/embedding/pipeline-tables.ts";
import { readPipeline } from "../../lib/embedding/read-pipeline.ts";
import { syncPipeline } from "../../lib/embedding/sync-pipeline.ts";
import { verifyPipeline } from "../../lib/embedding/verify-pipeline.ts";
import type { FakeModel } from "../support/fake-model-server/fake-model.ts";
import { faultKinds } from "../support/fake-model-server/fault-plan.ts";
import { countTokens } from "../support/fake-model-server/token-count.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { fakeEmbedderId, fakeModels, openFakeEmbedder } from "../support/model-settings.ts";
import {
  createPipelineWorld,
  makeRows,
  notesDefinition,
  type PipelineWorld,
  type TestRow,
  writeVersion,
} from "./pipeline-world.ts";

const definition = { ...notesDefinition, embedderId: fakeEmbedderId, chunking: { size: 32_000, overlap: 0 } };

let server: FakeModelServer;
let world: PipelineWorld;
beforeEach(async () => {
  server = await startFakeModelServer();
  world = await createPipelineWorld();
});
afterEach(async () => {
  await server.close();
  await world[Symbol.asyncDispose]();
});

async function synced(rows: TestRow[], index = "notes"): Promise<Pipeline> {
  const pipeline = await world.open(index);
  const version = await writeVersion(world.store, undefined, { rows });
  await syncPipeline({ pipeline, store: world.store, definition, version });
  return pipeline;
}

async function embed(pipeline: Pipeline, provider: EmbeddingProvider) {
  return embedPending({ pipeline, provider, confirm: confirmWhenAsked({ store: world.store, provider }) });
}

async function books(pipeline: Pipeline) {
  const snapshot = await readPipeline({ pipeline });
  const reasons: Record<string, number> = {};
  for await (const { reason } of snapshot.missing()) reasons[reason] = (reasons[reason] ?? 0) + 1;
  snapshot.close();
  return { indexed: snapshot.indexedRowCount, missing: snapshot.missingRowCount, reasons };
}

async function findings() {
  const locks = `${world.folder}/locks`;
  return Array.fromAsync(verifyPipeline({ store: world.store, index: "notes", locks, deep: true }));
}

/** Texts that a call of the server was answered well for, by how often. */
function answered(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { fault, status, texts } of server.calls) {
    if (status !== 200 || (fault !== undefined && fault !== "reorder")) continue;
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

const row = (body: string, index: number): TestRow => ({ title: `t${index}`, body, kind: "k" });

describe("embedding by a model on a server", () => {
  test("2,000 chunks with every kind of fault in a twentieth of the calls are each embedded once", async () => {
    const rows = makeRows(2_000);
    const pipeline = await synced(rows);
    server.faults.poison("Row 77 tells", "refuse");
    server.faults.poison("Row 1234 tells", "nan");
    server.faults.set({ rate: 0.05, kinds: faultKinds, seed: 7 });
    const models = fakeModels(server.url, {
      limits: { textsPerCall: 5, attempts: 4, timeoutMs: 2_000 },
      usdPerMillionTokens: 1,
    });
    const result = await embed(pipeline, openFakeEmbedder(models));
    expect(result).toMatchObject({ chunks: 2_000, embedded: 1_998, reused: 0, failed: 2, resplit: 0 });
    expect(await books(pipeline)).toEqual({
      indexed: 1_998,
      missing: 2,
      reasons: { refused: 1, not_finite: 1 },
    });
    const counts = answered();
    expect(rows.filter(({ body }) => counts.get(body ?? "") !== 1).map(({ title }) => title)).toEqual([
      "note 77",
      "note 1234",
    ]);
    expect(new Set(server.calls.map(({ fault }) => fault)).size).toBe(faultKinds.length + 1);
    expect(result.costUsd).toBeCloseTo(result.tokens / 1e6, 9);
    expect(result.tokens).toBeGreaterThan(
      rows.reduce((sum, { body }) => sum + countTokens(body ?? ""), 0) * 0.99,
    );
    expect(await findings()).toEqual([]);
  });

  test("a server that is down ends the run and fails no chunk, and what was paid for is not paid again", async () => {
    const rows = makeRows(300);
    const pipeline = await synced(rows);
    const provider = openFakeEmbedder(fakeModels(server.url, { limits: { attempts: 1, concurrency: 1 } }));
    let calls = 0;
    const failing: EmbeddingProvider = {
      ...provider,
      embedBatch(texts, options) {
        calls += 1;
        if (calls === 8) server.faults.set({ rate: 1, kinds: ["error"], seed: 1 });
        return provider.embedBatch(texts, options);
      },
    };
    await expect(embed(pipeline, failing)).rejects.toMatchObject({ type: "provider-failed" });
    const before = answered();
    expect(before.size).toBeGreaterThan(100);
    expect(await pipeline.documents.countRows("embedding_status = 'new'")).toBe(300);
    server.faults.set({ rate: 0, kinds: [], seed: 1 });
    server.calls.length = 0;
    const again = await embed(pipeline, openFakeEmbedder(fakeModels(server.url)));
    expect(again.reused).toBeGreaterThan(100);
    expect(again).toMatchObject({ chunks: 300, failed: 0, embedded: 300 - again.reused });
    const twice = [...answered().keys()].filter((text) => before.has(text) && text.startsWith("Row"));
    expect(twice).toEqual([]);
    expect(await books(pipeline)).toMatchObject({ indexed: 300, missing: 0 });
  });

  test("only the text is marked that makes the server fail or break off, not its neighbours", async () => {
    const pipeline = await synced(makeRows(64));
    server.faults.poison("Row 5 tells", "error");
    server.faults.poison("Row 40 tells", "reset");
    const models = fakeModels(server.url, { limits: { attempts: 1 } });
    expect(await embed(pipeline, openFakeEmbedder(models))).toMatchObject({ embedded: 62, failed: 2 });
    expect((await books(pipeline)).reasons).toEqual({ server_error: 2 });
  });

  test("a model that refuses everything fails the run, not the chunks", async () => {
    const pipeline = await synced(makeRows(10));
    server.faults.poison("", "refuse");
    const provider = openFakeEmbedder(fakeModels(server.url));
    await expect(embedPending({ pipeline, provider })).rejects.toMatchObject({ type: "provider-refused" });
    expect(await pipeline.documents.countRows("embedding_status = 'new'")).toBe(10);
  });

  test("texts of two batches at once that are equal are asked for once", async () => {
    const rows = Array.from({ length: 2_200 }, (_, index) => row(`the same ${index % 1_050} again`, index));
    const pipeline = await synced(rows);
    const result = await embed(pipeline, openFakeEmbedder(fakeModels(server.url)));
    expect(result).toMatchObject({ embedded: 1_050, reused: 1_150 });
    expect([...answered()].filter(([text, count]) => text.startsWith("the same") && count > 1)).toEqual([]);
  });
});

describe("a text that is too long for the model", () => {
  const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");
  const rows = [row(words(4_000), 0), row("short and whole", 1), row(words(1_200), 2)];

  test.each<[string, Partial<FakeModel>]>([
    ["is cut without a word and counted", { overlong: "cut" }],
    ["is cut without a word and not counted", { overlong: "cut-uncounted" }],
    ["is refused", { overlong: "refuse" }],
    ["is cut sooner than configured", { overlong: "cut", tokensMax: 1_024 }],
  ])("and %s is embedded in parts that are read whole", async (_what, model) => {
    server.change("nomic-embed-text", model);
    const pipeline = await synced(rows);
    const result = await embed(pipeline, openFakeEmbedder(fakeModels(server.url)));
    expect(result).toMatchObject({ embedded: 3, failed: 0 });
    expect(result.resplit).toBeGreaterThanOrEqual(1);
    const read = model.tokensMax ?? 2_048;
    const whole = server.calls.filter(({ texts, status }) => {
      return status === 200 && texts.every((text) => countTokens(text) <= read);
    });
    const seen = new Set(whole.flatMap(({ texts }) => texts.flatMap((text) => text.split(" "))));
    const unread = rows.flatMap(({ body }) => body?.split(" ") ?? []).filter((word) => !seen.has(word));
    expect(unread).toEqual([]);
    expect(await books(pipeline)).toMatchObject({ indexed: 3, missing: 0 });
  });

  test("a server that begins to cut in the middle of a run is noticed by its count", async () => {
    const provider = openFakeEmbedder(fakeModels(server.url));
    await provider.serving?.tokensRead();
    server.change("nomic-embed-text", { tokensMax: 512 });
    const pipeline = await synced([row(words(1_000), 0), row("short and whole", 1)]);
    expect(await embed(pipeline, provider)).toMatchObject({ embedded: 2, failed: 0, resplit: 1 });
  });
});

describe("the build of a model", () => {
  test.each(["ollama", "openai"] as const)("of a server of kind %s that changes is refused", async (kind) => {
    const pipeline = await synced(makeRows(20));
    await embed(pipeline, openFakeEmbedder(fakeModels(server.url, { kind })));
    server.change("nomic-embed-text", { digest: "another build of it" });
    const other = await synced([row("something new", 0)], "other");
    const changed = embed(other, openFakeEmbedder(fakeModels(server.url, { kind })));
    await expect(changed).rejects.toMatchObject({ kind: "conflict", type: "embedder-changed" });
    expect(await other.documents.countRows("embedding_status = 'new'")).toBe(1);
    expect(await other.cache.countRows()).toBe(20);
  });

  test("that changes while texts are being embedded leaves none of them in the tables", async () => {
    const pipeline = await synced(makeRows(20));
    const provider = openFakeEmbedder(fakeModels(server.url, { kind: "ollama" }));
    const again = await confirmModel({ store: world.store, provider });
    let asked = 0;
    const confirm = async () => {
      asked += 1;
      if (asked === 2) server.change("nomic-embed-text", { digest: "another build of it" });
      await again();
    };
    const run = embedPending({ pipeline, provider, confirm });
    await expect(run).rejects.toMatchObject({ type: "embedder-changed" });
    expect(await pipeline.cache.countRows()).toBe(0);
    expect(await pipeline.documents.countRows("embedding_status = 'new'")).toBe(20);
  });

  test.each([
    ["before the first portion of a batch is kept", 2, 0],
    ["after that, with what was confirmed by then", 3, 1],
  ])("that changes %s leaves nothing else", async (_when, changesAt, portions) => {
    const pipeline = await synced(makeRows(2_000));
    let asked = 0;
    const confirm = async () => {
      asked += 1;
      if (asked === changesAt) throw new Error("another build");
    };
    const run = embedPending({ pipeline, provider: openFakeEmbedder(fakeModels(server.url)), confirm });
    await expect(run).rejects.toThrow("another build");
    expect(await pipeline.cache.countRows()).toBe(portions * 1_024);
    expect(await pipeline.documents.countRows("embedding_status = 'new'")).toBe(2_000);
    expect(await pipeline.embeddings.countRows()).toBe(0);
  });

  test("is not guessed where what was known of it is damaged, and verify finds that", async () => {
    const provider = openFakeEmbedder(fakeModels(server.url));
    await confirmModel({ store: world.store, provider });
    const [known] = await Array.fromAsync(world.store.list("embedders/"));
    expect(await Array.fromAsync(verifyIdentities(world.store))).toEqual([]);
    await world.store.put(known?.key ?? "", new TextEncoder().encode("{"));
    const damage = { kind: "corrupt", type: "embedder-identity", place: { file: known?.key } };
    expect(await Array.fromAsync(verifyIdentities(world.store))).toMatchObject([damage]);
    await expect(confirmModel({ store: world.store, provider })).rejects.toMatchObject(damage);
  });

  test("that is pinned must be the one that is served", async () => {
    const pinned = (digest: string) =>
      openFakeEmbedder(fakeModels(server.url, { kind: "ollama", embedder: { digest } })).serving?.digest();
    expect(await pinned("0a109f422b47")).toMatch(/^0a109f422b47/);
    await expect(pinned("ffffffffffff")).rejects.toMatchObject({ type: "embedder-changed", field: "digest" });
  });
});

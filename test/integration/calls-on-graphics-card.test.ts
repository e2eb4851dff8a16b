import { openAnswerModels } from "@lakefleet/lib/answer/open-answer-models.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { type Listening, listen } from "@lakefleet/lib/http/listen.ts";
import { type GpuSlots, openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { placeCalls } from "@lakefleet/lib/profile/place-calls.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type IndexedLake, openIndexedLake } from "../support/indexed-lake.ts";
import { postJson, problemOf } from "../support/lake-client.ts";
import { cardModels, cardSettings } from "../support/profile-rounds.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

const telemetry = silentTelemetry();
let server: RedisServer;
let redis: Redis;
let card: FakeModelServer;
let lake: IndexedLake;
let slots: GpuSlots;
let search: SearchService;
let listening: Listening;

beforeAll(async () => {
  // Room for all of them: that never two large ones are in memory is nobody's doing but ours.
  [server, card] = await Promise.all([
    startRedisServer(),
    startFakeModelServer({ models: cardModels, vramBytes: 1e12 }),
  ]);
  redis = new Redis({ path: server.socketPath, maxRetriesPerRequest: 1 });
  redis.on("error", () => undefined);
  slots = openGpuSlots({ redis, slotCount: 1, telemetry });
  const models = cardSettings(card.url);
  const openGuard = placeCalls({
    models,
    openGuard: (_provider, { limits }) => openLocalGuard({ ...limits, attempts: 1 }),
    openSlots: () => slots,
  });
  const access = { models, readSecret: async () => "", openGuard };
  const embedders = openEmbedders(access);
  const open = (embedderId: string) => embedders.open(embedderId, { threads: 0 });
  lake = await openIndexedLake({ provider: open("gpu:big-b@1") });
  await lake.write([
    { name: "a", body: "a harbor in the fog" },
    { name: "b", body: "wheat fields in summer" },
  ]);
  await lake.force();
  search = createSearchService({ store: lake.store, telemetry, providers: open });
  const app = createServe({
    store: lake.store,
    search,
    embedders,
    models: openAnswerModels(access),
    audit: openProfileAudit(lake.store),
    telemetry,
  });
  listening = await listen({ app, host: "127.0.0.1", port: 0 });
});
beforeEach(async () => {
  for (const { name } of cardModels) card.loaded.evict(name);
  card.loaded.history.length = 0;
  await redis.del("lakefleet:gpu");
});
afterAll(async () => {
  await listening.close(1_000);
  await search.close();
  redis.disconnect();
  await Promise.all([server.stop(), lake.remove(), card.close()]);
});

const post = (path: string, body: object) => postJson(`http://127.0.0.1:${listening.port}`, path, body);
const find = (body: object = {}) =>
  post("/vectors/search", { index: "i", query: "fields of wheat", ...body });
const embed = (embedder: string) => post("/ai/embed", { embedder, texts: ["a harbor"] });
const generate = (generator: string) => post("/ai/generate", { generator, prompt: "Say it." });
const largeTogether = () =>
  Math.max(...card.loaded.history.map((names) => names.filter((name) => name.startsWith("big-")).length));
const placeOf = async () => (await slots.table()).slots[0]?.model;

test("a search, an answer and a plain call each wait for what is in memory to leave", async () => {
  expect((await generate("a")).status).toBe(200);
  expect(await placeOf()).toBe("big-a");
  const found = await find();
  expect(JSON.parse(found.text)).toMatchObject({ complete: true, plan: { path: "hybrid" } });
  expect(await placeOf()).toBe("big-b");
  expect((await embed("gpu:big-a@1")).status).toBe(200);
  const rag = await post("/vectors/rag", { question: "fields of wheat", index: "i", generator: "a" });
  expect(rag.status).toBe(200);
  await Promise.all([find({ mode: "vector" }), embed("gpu:big-a@1"), generate("b"), generate("a")]);
  expect(card.loaded.history.flat()).toEqual(expect.arrayContaining(["big-a", "big-b"]));
  expect(largeTogether()).toBe(1);
  expect((await slots.table()).slots[0]?.holders).toEqual([]);
});

test("while a job works with another model, words alone rank and say why, and nothing is loaded", async () => {
  const held = await slots.take({ job: "embedding", model: "big-a" });
  await held.settle();
  const found = JSON.parse((await find()).text);
  expect(found).toMatchObject({ complete: false, plan: { path: "lexical", outcome: "gave-up" } });
  expect(found.plan.reason).toContain("big-b waits for a place on the graphics card");
  const refused = await find({ mode: "vector" });
  expect(problemOf(refused)).toMatchObject({ status: 429, type: "gpu-slot-taken" });
  expect(card.loaded.history).toEqual([]);
  // Whoever has given up is waited for by nobody.
  await expect.poll(async () => (await slots.table()).waiting, { timeout: 10_000 }).toEqual([]);
  await held.release();
});

test("calls of the model that a job works with go on beside it", async () => {
  const held = await slots.take({ job: "embedding", model: "big-b" });
  await held.settle();
  expect((await embed("gpu:big-b@1")).status).toBe(200);
  expect((await slots.table()).slots[0]?.holders).toMatchObject([{ job: "embedding" }]);
  await held.release();
});

test("a model that needs no place asks for none", async () => {
  expect((await embed("gpu:small@1")).status).toBe(200);
  expect(await redis.exists("lakefleet:gpu")).toBe(0);
});

test("while Redis is away what is in memory is called, and nothing else is loaded", async () => {
  expect((await embed("gpu:big-b@1")).status).toBe(200);
  await server.stop();
  expect((await embed("gpu:big-b@1")).status).toBe(200);
  expect(problemOf(await embed("gpu:big-a@1"))).toMatchObject({ status: 503, type: "redis-down" });
  expect(card.loaded.history).toEqual([["big-b"]]);
});

import { Models } from "@lakefleet/config/models.ts";
import { openAnswerModels } from "@lakefleet/lib/answer/open-answer-models.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { type Listening, listen } from "@lakefleet/lib/http/listen.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type IndexedLake, openIndexedLake } from "../support/indexed-lake.ts";
import { postJson, problemOf } from "../support/lake-client.ts";

const embedderId = "embedding:nomic-embed-text@1";
const telemetry = silentTelemetry();
const query = "fields of wheat";
let embedding: FakeModelServer;
let writing: FakeModelServer;
let lake: IndexedLake;
let search: SearchService;
let listening: Listening;

beforeAll(async () => {
  embedding = await startFakeModelServer();
  writing = await startFakeModelServer({ models: [{ name: "m" }], reply: () => "In summer [1]." });
  const limits = { attempts: 2, timeoutMs: 60_000 };
  const access: Parameters<typeof openEmbedders>[0] = {
    models: Models.parse({
      providers: {
        embedding: { kind: "openai", url: `${embedding.url}/v1`, limits },
        writing: { kind: "openai", url: `${writing.url}/v1` },
      },
      embedders: {
        [embedderId]: {
          provider: "embedding",
          model: "nomic-embed-text",
          dimension: 64,
          tokensMax: 2_048,
        },
      },
      generators: { writer: { provider: "writing", model: "m" } },
    }),
    readSecret: async () => "",
    openGuard: (_provider, settings) => openLocalGuard(settings.limits),
  };
  const embedders = openEmbedders(access);
  const open = () => embedders.open(embedderId, { threads: 0 });
  lake = await openIndexedLake({ provider: open() });
  await lake.write([
    { name: "a", body: "a harbor in the fog" },
    { name: "b", body: "wheat fields in summer" },
    { name: "c", body: "the moon over the sea" },
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
afterAll(async () => {
  await listening.close(1_000);
  await search.close();
  await lake.remove();
  await writing.close();
  await embedding.close();
});

function post(path: string, body: object) {
  return postJson(`http://127.0.0.1:${listening.port}`, path, { index: "i", ...body });
}

async function found(body: object = {}) {
  const answer = await post("/vectors/search", { query, ...body });
  return { status: answer.status, ...JSON.parse(answer.text) };
}

const byWords = {
  status: 200,
  mode: "hybrid",
  complete: false,
  plan: { path: "lexical", outcome: "gave-up" },
  hits: [{ doc_id: "b" }],
};

test("a server that hangs keeps one query waiting, and none after it", async () => {
  expect(await found()).toMatchObject({ status: 200, complete: true, plan: { path: "hybrid" } });
  embedding.faults.script("hang");
  const asked = embedding.calls.length;
  const answer = await found();
  expect(answer).toMatchObject(byWords);
  expect(answer.plan.reason).toMatch(/^Words alone rank, .* embedding:nomic-embed-text@1 has not answered/);
  expect(await found()).toMatchObject(byWords);
  expect(embedding.calls).toHaveLength(asked + 1);
});

test("while the server is down hybrid searches and answers go on by words, and a vector search is a 503", async () => {
  await embedding.close();
  expect(await found()).toMatchObject(byWords);
  const refused = await post("/vectors/search", { query, mode: "vector" });
  expect(problemOf(refused)).toMatchObject({ status: 503, type: "provider-failed" });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  expect(await found({ mode: "lexical" })).toMatchObject({ status: 200, complete: true });

  const answer = JSON.parse(
    (await post("/vectors/rag", { question: query, index: "i", generator: "writer" })).text,
  );
  expect(answer).toMatchObject({
    answer: "In summer [1].",
    declined: false,
    complete: true,
    search_complete: false,
    plan: { path: "lexical", outcome: "gave-up" },
    citations: [{ doc_id: "b" }],
  });
});

test("once the server is back, hybrid searches have their vectors again", async () => {
  embedding = await startFakeModelServer({ port: Number(new URL(embedding.url).port) });
  await expect
    .poll(() => found(), { timeout: 20_000 })
    .toMatchObject({
      complete: true,
      plan: { path: "hybrid" },
      hits: [{ doc_id: "b" }, {}, {}],
    });
});

import { mountEvalRoutes as mountWriting } from "@lakefleet/api/eval-routes.ts";
import { openProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { readEvalSet } from "@lakefleet/lib/evaluation/eval-set-log.ts";
import { heldOutQueries } from "@lakefleet/lib/evaluation/held-out-queries.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { createHttpApp } from "@lakefleet/lib/http/create-http-app.ts";
import { createQueryEmbedder } from "@lakefleet/lib/search/embed-query.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { verifyLake } from "@lakefleet/lib/verification/verify-lake.ts";
import { mountEvalRoutes as mountReading } from "@lakefleet/serve/eval-routes.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
let app: ReturnType<typeof createHttpApp>;

beforeAll(async () => {
  lake = await openIndexedLake();
  await lake.write([...madeUpRows(90), { name: "rare", body: "a body of its own", topic: "rare" }]);
  await lake.publish();
  app = createHttpApp({ telemetry: silentTelemetry() });
  mountWriting(app, { store: lake.store, embedders: { open: openProvider } });
  mountReading(app, { store: lake.store });
}, 120_000);
afterAll(() => lake.remove());

const Answer = z.looseObject({
  name: z.string().optional(),
  version: z.int().optional(),
  checksum: z.string().optional(),
  reused: z.boolean().optional(),
  query_count: z.int().optional(),
  type: z.string().optional(),
  field: z.string().optional(),
  place: z.looseObject({ line: z.int().optional() }).optional(),
  evals: z.array(z.looseObject({ name: z.string() })).optional(),
  damaged: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
  queries: z.array(z.looseObject({ id: z.string() })).optional(),
});

async function post(path: string, body: unknown) {
  const headers = { "content-type": "application/json" };
  const answer = await app.request(path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, ...Answer.parse(await answer.json()) };
}

async function get(path: string) {
  const answer = await app.request(path);
  return { status: answer.status, ...Answer.parse(await answer.json()) };
}

describe("an eval set over HTTP", () => {
  test("of an index's own chunks excludes each query's document, and is the same for one seed", async () => {
    const path = "/vectors/hnsw/evals/own/autogen";
    const body = { index: "i", queries: 20, seed: 4, strata: "topic" };
    expect(await post(path, body)).toMatchObject({ status: 200, version: 1, reused: false, query_count: 20 });
    expect(await post(path, body)).toMatchObject({ status: 200, version: 1, reused: true });
    expect(await post(path, { ...body, seed: 5 })).toMatchObject({ version: 2, reused: false });
    const { set } = await readEvalSet(lake.store, "own");
    expect(set.source).toMatchObject({ kind: "held-out", index: "i", seed: 5, strata: "topic" });
    // The only chunk of its stratum is always among them.
    expect(set.queries).toContainEqual({ id: "90-0", text: "a body of its own", exclude: "rare" });
    for (const { text, exclude } of set.queries)
      expect(exclude === "rare" || text?.startsWith(`only${exclude} `)).toBe(true);
    const page = await get("/vectors/hnsw/evals/own?limit=2&offset=1");
    expect(page.queries).toEqual(set.queries.slice(1, 3));
  });

  test("of vectors that no embedder here gives has the stored vectors", async () => {
    const generation = (await readEvalSet(lake.store, "own")).set.source;
    if (generation.kind !== "held-out") throw new Error("the set was made of chunks");
    const opened = await openGeneration({ store: lake.store, index: "i", generation: generation.generation });
    const embedder = createQueryEmbedder();
    try {
      const foreign = { ...opened, manifest: { ...opened.manifest, embedderId: "given@1" } };
      const queries = await heldOutQueries({ opened: foreign, count: 7, seed: 2 });
      expect(queries).toHaveLength(7);
      for (const { text = "", vector } of queries)
        expect(vector).toEqual(await embedder.embed(text, opened.manifest));
    } finally {
      await opened.close();
      await embedder.close();
    }
  });

  test("of TREC files and of JSON is listed beside the others", async () => {
    const topics = "<DOC><DOCNO> 1 </DOCNO> flat tyre </DOC>\n<DOC><DOCNO> 2 </DOCNO> chain </DOC>";
    const trec = { name: "trec", topics, judgements: "1 Q0 a 1\n1 Q0 b 0\n" };
    expect(await post("/vectors/hnsw/evals", trec)).toMatchObject({
      status: 200,
      query_count: 2,
      judged_count: 1,
    });
    const json = {
      name: "json",
      queries: [{ id: "1", vector: [1, 0.5], exclude: "a", judgements: { b: 2 } }],
    };
    expect(await post("/vectors/hnsw/evals", json)).toMatchObject({ status: 200, excluding_count: 1 });
    expect((await get("/vectors/hnsw/evals")).evals?.map(({ name }) => name)).toEqual([
      "json",
      "own",
      "trec",
    ]);
    expect((await get("/vectors/hnsw/evals/json")).queries).toEqual([
      { id: "1", dimension: 2, exclude: "a", judgements: { b: 2 } },
    ]);
  });

  test("that is damaged is named, and does not hide the others", async () => {
    await post("/vectors/hnsw/evals", { name: "torn", queries: [{ id: "1", text: "x" }] });
    await lake.store.put("evals/torn/sets/000000000001.json", Buffer.from("{"));
    const { evals, damaged } = await get("/vectors/hnsw/evals");
    expect(evals?.length).toBeGreaterThan(0);
    expect(damaged).toMatchObject([{ name: "torn", type: "commit-damaged" }]);
    expect((await get("/vectors/hnsw/evals/torn")).status).toBe(500);
    const { store, locks } = lake;
    const options = { store, locks, intentsFolder: locks, telemetry: silentTelemetry(), deep: false };
    const findings = await Array.fromAsync(verifyLake(options));
    expect(findings).toMatchObject([{ type: "commit-damaged", key: "evals/torn/sets/000000000001.json" }]);
  });
});

describe("a bad request for an eval set", () => {
  const topics = "<DOC><DOCNO> 1 </DOCNO> a </DOC>";
  test.each<[string, object, object]>([
    ["without queries", { name: "s" }, { type: "request-invalid", field: "queries" }],
    ["with both kinds", { name: "s", topics, queries: [{ id: "1", text: "a" }] }, { field: "queries" }],
    [
      "with judgements of nothing",
      { name: "s", queries: [{ id: "1", text: "a" }], judgements: "1 Q0 a 1" },
      {},
    ],
    ["with no query", { name: "s", queries: [] }, { field: "queries" }],
    ["with a query of nothing", { name: "s", queries: [{ id: "1" }] }, { field: "queries.0.text" }],
    ["with a value that is no number", { name: "s", queries: [{ id: "1", vector: [null] }] }, {}],
    ["with a zero vector", { name: "s", queries: [{ id: "1", vector: [0] }] }, { field: "queries.0.vector" }],
    ["with bad topics", { name: "s", topics: "x" }, { type: "topics-malformed", place: { line: 1 } }],
    ["with bad judgements", { name: "s", topics, judgements: "1 Q0 a 1\n2" }, { place: { line: 2 } }],
    [
      "with too many queries",
      { name: "s", queries: Array.from({ length: 10_001 }, (_, id) => ({ id: `${id}`, text: "a" })) },
      {},
    ],
    ["with a name that is a path", { name: "../s", topics }, { field: "name" }],
    ["with a member nobody knows", { name: "s", topics, more: 1 }, {}],
  ])("%s is refused with its place", async (_, body, problem) => {
    expect(await post("/vectors/hnsw/evals", body)).toMatchObject({ status: 400, ...problem });
  });

  test.each<[object, object]>([
    [{ index: "none" }, { status: 404, type: "index-missing" }],
    [
      { index: "i", strata: "colour" },
      { status: 400, type: "eval-strata", field: "strata" },
    ],
    [
      { index: "i", queries: 0 },
      { status: 400, field: "queries" },
    ],
    [
      { index: "i", queries: 2_001 },
      { status: 400, field: "queries" },
    ],
    [
      { index: "i", seed: -1 },
      { status: 400, field: "seed" },
    ],
    [{}, { status: 400, field: "index" }],
  ])("autogen of %j is refused", async (body, problem) => {
    expect(await post("/vectors/hnsw/evals/s/autogen", body)).toMatchObject(problem);
    expect(await post("/vectors/hnsw/evals/..%2fs/autogen", body)).toMatchObject({ status: 400 });
  });

  test("a set that is not there is not found", async () => {
    expect(await get("/vectors/hnsw/evals/s")).toMatchObject({ status: 404, type: "eval-set-missing" });
    expect((await get("/vectors/hnsw/evals/..%2f..%2fetc")).status).toBe(400);
  });
});

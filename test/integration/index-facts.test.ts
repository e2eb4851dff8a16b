import { collectOrphans } from "@lakefleet/lib/dataset/collect-orphans.ts";
import { openProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import type { IndexWork } from "@lakefleet/lib/generation/lifecycle.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { noAnswerModels } from "../support/model-settings.ts";

let lake: IndexedLake;
let search: SearchService;
let app: ReturnType<typeof createServe>;
let work: Map<string, IndexWork>;

beforeEach(async () => {
  lake = await openIndexedLake();
  const telemetry = silentTelemetry();
  search = createSearchService({ store: lake.store, telemetry });
  work = new Map();
  app = createServe({
    store: lake.store,
    search,
    embedders: { open: openProvider },
    models: noAnswerModels(),
    audit: openProfileAudit(lake.store),
    telemetry,
    work: async () => work,
  });
});
afterEach(async () => {
  await search.close();
  await lake.remove();
});

const ask = async (path: string) => {
  const response = await app.request(path);
  return { status: response.status, body: Body.parse(await response.json()) };
};

const Body = z.looseObject({
  state: z.string().optional(),
  chunks: z.int().optional(),
  words: z.looseObject({ terms: z.int() }).optional(),
  bytes: z.record(z.string(), z.number()).optional(),
  pipeline: z.record(z.string(), z.number()).optional(),
  generations: z.array(z.unknown()).optional(),
  neighbours: z.array(z.looseObject({ doc_id: z.string() })).optional(),
  indexes: z.array(z.unknown()).optional(),
});

test("the statistics of an index are those of its rows, and of both kinds of backend", async () => {
  const rows = madeUpRows(60);
  await lake.write(rows);
  expect(await ask("/vectors/indexes/i/stats")).toMatchObject({ status: 409 });
  const first = await lake.force();
  const lengths = rows.map(({ body }) => body?.length ?? 0);
  const expected = {
    chunks: 60,
    rows: 60,
    documents: { distinct: 60, exact: true },
    chunk_length: { min: Math.min(...lengths), max: Math.max(...lengths) },
    columns: { topic: { distinct: 2, exact: true }, year: { distinct: 20, exact: true } },
    vectors: { count: 60, dimension: 768, embedder: "hash-768@1" },
  };
  const { body } = await ask("/vectors/indexes/i/stats");
  expect(body).toMatchObject({ ...expected, generation: first, backend: "hnsw" });
  const { words, bytes = {}, pipeline = {} } = body;
  expect(words?.terms).toBeGreaterThan(60);
  const { total = 0, ...parts } = bytes;
  expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total);
  expect(Math.min(bytes["vectors"] ?? 0, pipeline["documents"] ?? 0)).toBeGreaterThan(60 * 768 * 4);
  await lake.define({ parameters: IndexParameters.parse({ backend: "lance" }) });
  const second = await lake.force();
  const lance = (await ask("/vectors/lance/stats/i")).body;
  expect(lance).toMatchObject({ ...expected, generation: second, backend: "lance", words });
  expect(lance.generations).toEqual(
    expect.arrayContaining([first, second].map((name) => expect.objectContaining({ generation: name }))),
  );
  expect((await ask("/vectors/indexes/nowhere/stats")).status).toBe(404);
});

test("a document's neighbours are those that share its words, and never itself", async () => {
  await lake.write([
    { name: "river one", body: "salmon river water stone bridge" },
    { name: "river two", body: "salmon river water stone mill" },
    { name: "tower", body: "clock tower bronze bell" },
  ]);
  for (const backend of ["hnsw", "lance"] as const) {
    await lake.define({ parameters: IndexParameters.parse({ backend }) });
    await lake.force();
    const path = `/vectors/indexes/i/docs/${encodeURIComponent("river one")}/neighbours`;
    const { neighbours } = (await ask(`${path}?k=2`)).body;
    expect(neighbours?.map(({ doc_id }) => doc_id)).toEqual(["river two", "tower"]);
    expect((await ask(`${path}?k=1`)).body.neighbours).toHaveLength(1);
  }
  expect((await ask("/vectors/indexes/i/docs/nobody/neighbours")).status).toBe(404);
  expect((await ask("/vectors/indexes/i/docs/tower/neighbours?k=0")).status).toBe(400);
  for await (const orphan of collectOrphans({ store: lake.store, dataset: "d", olderThanMs: 0 })) {
    throw new Error(`a read left ${orphan.key}`);
  }
});

test("the state of an index follows what is on disk and what is asked for", async () => {
  const state = async () => (await ask("/vectors/indexes/i")).body.state;
  await lake.write(madeUpRows(12));
  expect(await state()).toBe("empty");
  work.set("i", { open: { job: "x.promote", at: new Date().toISOString() } });
  expect(await state()).toBe("embedding");
  await lake.embed();
  expect(await state()).toBe("building");
  await lake.build();
  expect(await state()).toBe("gating");
  work.clear();
  await lake.publish();
  expect(await state()).toBe("ready");
  await lake.write(madeUpRows(3, "b"));
  expect(await state()).toBe("stale");
  const at = new Date(Date.now() + 1_000).toISOString();
  work.set("i", { failed: { type: "disk-full", detail: "There is no room.", at } });
  const listed = (await ask("/vectors/indexes")).body.indexes;
  expect(listed).toMatchObject([{ state: "error", state_reason: "There is no room.", job: null }]);
  work.clear();
  await lake.publish();
  await lake.define({ parameters: IndexParameters.parse({ backend: "lance" }) });
  expect(await state()).toBe("stale");
});

import { collectOrphans } from "@lakefleet/lib/dataset/collect-orphans.ts";
import { openProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { collectGenerations } from "@lakefleet/lib/generation/collect-generations.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { openProfileAudit } from "@lakefleet/lib/profile/profile-audit.ts";
import { createSearchService, type SearchService } from "@lakefleet/lib/search/search-index.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { createServe } from "@lakefleet/serve/create-serve.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { noAnswerModels } from "../support/model-settings.ts";

let lake: IndexedLake;
let search: SearchService;
let app: ReturnType<typeof createServe>;

beforeEach(async () => {
  lake = await openIndexedLake();
  const telemetry = silentTelemetry();
  search = createSearchService({ store: lake.store, telemetry });
  const models = noAnswerModels();
  app = createServe({
    store: lake.store,
    search,
    embedders: { open: openProvider },
    models,
    audit: openProfileAudit(lake.store),
    telemetry,
  });
});
afterEach(async () => {
  await search.close();
  await lake.remove();
});

const Rows = z.object({ version: z.int(), rows: z.array(z.looseObject({ name: z.string() })) });
const Hits = z.looseObject({
  generation: z.string(),
  snapshot: z.object({ name: z.string(), dataset: z.string(), dataset_version: z.int() }).optional(),
  hits: z.array(z.looseObject({ doc_id: z.string() })),
});
const Problem = z.looseObject({ status: z.int(), type: z.string(), detail: z.string() });
const Listed = z.object({
  snapshots: z.array(z.looseObject({ names: z.array(z.string()), dataset_version: z.int() })),
});

async function rowsOf(snapshot: string) {
  const path = `/catalog/datasets/by-name/d/rows?limit=1000&snapshot=${encodeURIComponent(snapshot)}`;
  return Rows.parse(await (await app.request(path)).json());
}

function ask(body: object): Promise<Response> {
  return Promise.resolve(
    app.request("/vectors/search", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ index: "i", ...body }),
    }),
  );
}

/** Every document that any search of the snapshot can find: the words `of` stands in all of them. */
async function foundIn(snapshot: string) {
  const answer = await ask({ query: "amber basin cedar delta ember", mode: "vector", k: 1000, snapshot });
  return Hits.parse(await answer.json());
}

const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name).sort();
const docs = (hits: readonly { doc_id: string }[]) => hits.map(({ doc_id }) => doc_id).sort();

test("rows and hits of one snapshot agree, after an append, an upsert and a rollback", async () => {
  await lake.write(madeUpRows(40));
  const first = await lake.force();
  const before = names((await rowsOf("i")).rows);
  await lake.write(madeUpRows(25, "b"));
  await lake.write([{ name: "a3", body: "replaced amber by something else" }], "upsert");
  const second = await lake.force();
  // Nobody has built anything of these rows: no snapshot may show them.
  await lake.write(madeUpRows(5, "c"));

  const previous = await foundIn("previous");
  expect(previous).toMatchObject({
    generation: first,
    snapshot: { name: "@1", dataset: "d", dataset_version: 1 },
  });
  expect(names((await rowsOf("i@previous")).rows)).toEqual(before);
  expect(docs(previous.hits)).toEqual(before);
  const current = await foundIn("current");
  expect(current).toMatchObject({ generation: second, snapshot: { name: "@2", dataset_version: 3 } });
  expect((await rowsOf("i")).rows).toHaveLength(65);
  expect(docs(current.hits)).toEqual(names((await rowsOf("i@current")).rows));
  expect(await rowsOf("i@1")).toEqual(await rowsOf("i@previous"));

  await rollbackGeneration({ store: lake.store, index: "i", reason: "test", actor: "test" });
  expect((await foundIn("current")).generation).toBe(first);
  expect(names((await rowsOf("i")).rows)).toEqual(before);
  expect(await rowsOf("i@previous")).toMatchObject({ version: 3 });
  const listed = Listed.parse(await (await app.request("/vectors/indexes/i/snapshots")).json());
  expect(listed.snapshots.map((snapshot) => [snapshot.names, snapshot.dataset_version])).toEqual([
    [["@3", "current"], 1],
    [["@2", "previous"], 3],
    [["@1"], 1],
  ]);
});

test("tidying leaves every row of a snapshot that is kept", async () => {
  await lake.write(madeUpRows(10));
  await lake.force();
  await lake.write(madeUpRows(12, "b"), "replace");
  await lake.force();
  const wanted = await rowsOf("i@previous");
  await collectGenerations({ store: lake.store, index: "i", now: () => Date.now() + 1e9 });
  for await (const { key } of collectOrphans({ store: lake.store, dataset: "d", olderThanMs: 0 })) {
    await lake.store.delete(key);
  }
  expect(await rowsOf("i@previous")).toEqual(wanted);
  expect(docs((await foundIn("previous")).hits)).toEqual(names(wanted.rows));
});

test("a snapshot that is not there is refused in words that say which are", async () => {
  await lake.write(madeUpRows(5));
  const refused = async (response: Response) => Problem.parse(await response.json());
  expect(await refused(await ask({ query: "amber", snapshot: "current" }))).toMatchObject({
    status: 409,
    type: "index-not-ready",
  });
  const generation = await lake.force();
  const cases: [object, number, string][] = [
    [{ snapshot: "previous" }, 404, "snapshot-missing"],
    [{ snapshot: "@2" }, 404, "snapshot-missing"],
    [{ snapshot: "@0" }, 400, "snapshot-name"],
    [{ snapshot: "@1e3" }, 400, "snapshot-name"],
    [{ snapshot: "../active" }, 400, "snapshot-name"],
    [{ snapshot: "current", generation }, 400, "search-pin"],
  ];
  for (const [body, status, type] of cases) {
    expect(await refused(await ask({ query: "amber", ...body }))).toMatchObject({ status, type });
  }
  const rows = (query: string) => app.request(`/catalog/datasets/by-name/d/rows?${query}`);
  expect(await refused(await rows("snapshot=i&version=1"))).toMatchObject({ type: "snapshot-reference" });
  expect(await refused(await rows("snapshot=..%2Fi"))).toMatchObject({ type: "snapshot-reference" });
  expect(await refused(await rows("snapshot=i@9"))).toMatchObject({ status: 404, type: "snapshot-missing" });
  expect(await refused(await rows("snapshot=nowhere"))).toMatchObject({ status: 404, type: "index-missing" });
});

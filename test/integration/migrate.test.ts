import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, postJson, problemOf, send, upload } from "../support/lake-client.ts";

let lake: FaultLake;
let api: string;
let serve: string;

const rowCount = 600;
const words = "amber basin cedar delta ember fjord grove harbor island juniper kelp lagoon meadow".split(" ");

beforeAll(async () => {
  lake = await openFaultLake();
  await lake.startTogether(roles);
  api = lake.url("api");
  serve = lake.url("serve");
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const text = Array.from({ length: 8 }, (_, place) => words[(row * 5 + place * place + (row % 7)) % 13]);
    return `notes/${row}?x=1,unique${row} ${text.join(" ")},${row % 3}`;
  });
  const csv = `name,body,kind\n${rows.join("\n")}\n`;
  const fields = { dataset: "notes", id_column: "name", text_columns: "body", metadata_columns: "kind" };
  const ended = await endOf(api, jobUrlOf(await upload(api, fields, { name: "notes.csv", content: csv })));
  expect(ended.state).toBe("completed");
}, 120_000);
afterAll(() => lake.close());

const Hits = z.looseObject({
  generation: z.string(),
  complete: z.boolean(),
  hits: z.array(z.looseObject({ id: z.string(), doc_id: z.string(), score: z.number() })),
});
const Index = z.looseObject({ backend: z.string(), active: z.string(), accounting: z.looseObject({}) });

async function searchAll(path: string, extra: object = {}) {
  const found = [];
  for (const query of ["unique7", "amber kelp harbor", "unique599 meadow"]) {
    for (const filter of [undefined, { kind: { eq: 1 } }]) {
      // Every row that may match, so that both backends compare all of them and neither may miss one.
      const answer = await postJson(serve, path, { ...extra, query, mode: "vector", k: rowCount, filter });
      expect(answer.status, answer.text).toBe(200);
      found.push(Hits.parse(JSON.parse(answer.text)));
    }
  }
  return found;
}

async function index() {
  return Index.parse(JSON.parse((await send(serve, "/vectors/indexes/notes")).text));
}

/** Both backends round in single precision, each in its own order. */
function expectSame(found: z.infer<typeof Hits>[], expected: z.infer<typeof Hits>[]) {
  for (const [place, { hits }] of found.entries()) {
    const scores = new Map(expected[place]?.hits.map(({ doc_id, score }) => [doc_id, score]));
    expect(hits.map(({ doc_id }) => doc_id).sort()).toEqual([...scores.keys()].sort());
    for (const { doc_id, score } of hits) expect(score).toBeCloseTo(scores.get(doc_id)!, 4);
  }
}

test("a migrated index answers as before, embeds nothing, keeps its books, and can go back", async () => {
  const before = await index();
  const found = await searchAll("/vectors/search", { index: "notes" });
  expect(problemOf(await postJson(serve, "/vectors/lance/search/notes", { query: "unique7" }))).toMatchObject(
    {
      status: 409,
      type: "index-backend",
    },
  );
  expect(problemOf(await postJson(api, "/vectors/lance/index/notes", {}))).toMatchObject({
    status: 409,
    type: "index-backend",
  });

  const accepted = await postJson(api, "/vectors/lance/migrate/notes", { to: "lance" });
  const job = await endOf(api, jobUrlOf(accepted));
  expect(job.state).toBe("completed");
  expect(job.children.map(({ id }) => id.split(".").at(-1))).toEqual(["build", "gate"]);
  const after = await index();
  expect(after.backend).toBe("lance");
  expect(after.active).not.toBe(before.active);
  expect(after.accounting).toEqual({ ...before.accounting, generation: after.active });
  expectSame(await searchAll("/vectors/lance/search/notes"), found);

  const flat = await postJson(api, "/vectors/lance/index/notes", { parameters: { kind: "flat" } });
  expect((await endOf(api, jobUrlOf(flat))).state).toBe("completed");
  expect((await index()).active).not.toBe(after.active);
  expectSame(await searchAll("/vectors/lance/search/notes"), found);

  const back = await postJson(api, "/vectors/lance/migrate/notes", { to: "hnsw" });
  expect((await endOf(api, jobUrlOf(back))).state).toBe("completed");
  expect((await index()).active).toBe(before.active);
  expectSame(await searchAll("/vectors/search", { index: "notes" }), found);
  expect((await postJson(api, "/vectors/hnsw/rollback/notes", {})).status).toBe(200);
  expectSame(await searchAll("/vectors/lance/search/notes"), found);
}, 120_000);

test("a document gives all its chunks under its own name, and what is not there is 404", async () => {
  const name = encodeURIComponent("notes/7?x=1");
  const answer = await send(serve, `/vectors/lance/doc/notes/${name}`);
  expect(JSON.parse(answer.text)).toMatchObject({
    doc_id: "notes/7?x=1",
    chunk_count: 1,
    index_status: "ready",
    chunks: [{ chunk_index: 0, text: expect.stringContaining("unique7 "), metadata: { kind: 1 } }],
  });
  for (const wrong of ["nobody", "%27%20OR%201%3D1", "notes%2F7%3Fx%3D1%00", "notes%2F"]) {
    expect(problemOf(await send(serve, `/vectors/lance/doc/notes/${wrong}`))).toMatchObject({
      status: 404,
      type: "document-missing",
    });
  }
  expect((await send(serve, `/vectors/lance/doc/nowhere/${name}`)).status).toBe(404);
  expect((await send(serve, `/vectors/lance/doc/notes/${name}?limit=0`)).status).toBe(400);
});

test("searches of a batch succeed or fail each by itself", async () => {
  const searches = [
    { index: "notes", query: "unique3", k: 1 },
    { index: "nowhere", query: "unique3" },
    { index: "notes", query: "unique4", k: 1, filter: { colour: 1 } },
    { index: "notes", query: "unique5", k: 1 },
  ];
  const answer = await postJson(serve, "/vectors/search/batch", { searches });
  expect(JSON.parse(answer.text).answers).toMatchObject([
    { hits: [{ doc_id: "notes/3?x=1" }] },
    { problem: { status: 404, type: "index-missing" } },
    { problem: { status: 400, type: "filter-column" } },
    { hits: [{ doc_id: "notes/5?x=1" }] },
  ]);
  for (const body of [{}, { searches: [] }, { searches: Array(101).fill(searches[0]) }, { searches: [{}] }]) {
    expect((await postJson(serve, "/vectors/search/batch", body)).status).toBe(400);
  }
});

test("a migration that cannot be is refused, and nothing has changed", async () => {
  const before = await index();
  const refusals: [string, unknown, number, string | undefined][] = [
    ["notes", { to: "faiss" }, 400, undefined],
    ["notes", {}, 400, undefined],
    ["notes", { to: "lance", parameters: { kind: "lsh" } }, 400, "index-parameters"],
    ["notes", { to: "lance", parameters: { engine: "usearch" } }, 400, "index-parameters"],
    ["notes", { to: "hnsw", parameters: { connectivity: 1e9 } }, 400, "index-parameters"],
    ["nowhere", { to: "lance" }, 404, "index-missing"],
  ];
  for (const [name, body, status, type] of refusals) {
    const answer = await postJson(api, `/vectors/lance/migrate/${name}`, body);
    const problem = problemOf(answer);
    expect(problem.status, answer.text).toBe(status);
    if (type !== undefined) expect(problem.type).toBe(type);
  }
  expect(await index()).toEqual(before);
});

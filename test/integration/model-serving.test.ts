import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type FaultLake, openFaultLake } from "../support/fault-lake.ts";
import { endOf, jobUrlOf, postJson, problemOf, send, upload } from "../support/lake-client.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";

let server: FakeModelServer;
let lake: FaultLake;
let folder: string;

beforeAll(async () => {
  server = await startFakeModelServer();
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-models-"));
  const models = fakeModels(server.url, { embedder: { queryPrefix: "query: " }, usdPerMillionTokens: 2 });
  await writeFile(path.join(folder, "models.json"), JSON.stringify(models));
  lake = await openFaultLake({ dataFolder: folder });
  await Promise.all([lake.startTogether(["api", "ingest", "embed", "index"]), lake.start("serve")]);
});
afterAll(async () => {
  await lake.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const Hits = z.object({ hits: z.array(z.object({ doc_id: z.string(), score: z.number() })) });

function ingest(embedder: string) {
  const content = "name,body\na,a harbor in the fog\nb,wheat fields in summer\nc,the moon over the sea\n";
  const fields = { dataset: "notes", text_columns: "body", id_column: "name", embedder };
  return upload(lake.url("api"), fields, { name: "notes.csv", content });
}

function search(body: object) {
  return postJson(lake.url("serve"), "/vectors/search", { index: "notes", k: 1, mode: "vector", ...body });
}

test("a file ingested with a configured embedder is searched by vectors of its model", async () => {
  const job = await endOf(lake.url("api"), jobUrlOf(await ingest(fakeEmbedderId)));
  expect(job.state).toBe("completed");
  const answer = await search({ query: "fields of wheat" });
  expect(Hits.parse(JSON.parse(answer.text)).hits[0]?.doc_id).toBe("b");
  expect(server.calls.some(({ texts }) => texts.includes("query: fields of wheat"))).toBe(true);
  const index = JSON.parse((await send(lake.url("serve"), "/vectors/indexes/notes")).text);
  expect(index).toMatchObject({ embedder: fakeEmbedderId, accounting: { indexed: 3, balanced: true } });
});

test("an embedder that is not configured is refused with those that are", async () => {
  const problem = problemOf(await ingest("fake:other@1"));
  expect(problem).toMatchObject({ type: "embedder-unknown", status: 400, field: "embedder" });
});

test("a few texts are embedded on request, as Lakefleet's own clients and OpenAI's ask for it", async () => {
  const ask = async (route: string, body: object) =>
    JSON.parse((await postJson(lake.url("serve"), route, body)).text);
  const own = await ask("/ai/embed", { embedder: fakeEmbedderId, texts: ["wheat fields", "the sea"] });
  expect(own).toMatchObject({ dimension: 64, tokens: 10, cost_usd: 20 / 1e6 });
  const floats = await ask("/v1/embeddings", { model: fakeEmbedderId, input: ["wheat fields", "the sea"] });
  expect(floats.usage).toEqual({ prompt_tokens: 10, total_tokens: 10 });
  expect(floats.data.map(({ embedding }: { embedding: number[] }) => embedding)).toEqual(own.vectors);
  const packed = await ask("/v1/embeddings", {
    model: "hash-768@1",
    input: "wheat",
    encoding_format: "base64",
  });
  expect(Buffer.from(packed.data[0].embedding, "base64")).toHaveLength(768 * 4);
  const refused = await postJson(lake.url("serve"), "/ai/embed", {
    embedder: "hash-768@1",
    texts: ["wheat", "?!"],
  });
  expect(problemOf(refused)).toMatchObject({ status: 422, type: "text-featureless", place: { row: 2 } });
});

test("another build of the model answers no query, and a search by words goes on", async () => {
  await lake.kill("serve");
  server.change("nomic-embed-text", { digest: "another build of it" });
  await lake.start("serve");
  expect(problemOf(await search({ query: "wheat" }))).toMatchObject({
    type: "embedder-changed",
    status: 409,
  });
  expect((await search({ query: "wheat", mode: "lexical" })).status).toBe(200);
});

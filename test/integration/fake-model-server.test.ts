import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { forkFakeModelServer } from "../support/fork-fake-model-server.ts";

const small = { name: "small", vramBytes: 2e9 };
const large = { name: "large", vramBytes: 5e9, dimension: 8, tokensMax: 512 };
let server: FakeModelServer;

beforeAll(async () => {
  server = await startFakeModelServer({ models: [small, large], vramBytes: 6e9, reply: () => "Yes, it is." });
});
afterAll(() => server.close());
beforeEach(() => {
  for (const name of ["small", "large"]) server.loaded.evict(name);
});

async function post(path: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

const Loaded = z.object({ models: z.array(z.object({ name: z.string(), size_vram: z.number() })) });

async function loaded() {
  return Loaded.parse(await (await fetch(`${server.url}/api/ps`)).json()).models;
}

test("a model is loaded by its first use, kept as long as asked for, and unloaded by keep_alive 0", async () => {
  await post("/api/embed", { model: "small", input: "a text" });
  expect(await loaded()).toMatchObject([{ name: "small:latest", size_vram: 2e9 }]);
  expect(await (await post("/api/generate", { model: "small", keep_alive: 0 })).json()).toMatchObject({
    done_reason: "unload",
  });
  expect(await loaded()).toEqual([]);
  await post("/api/generate", { model: "large", keep_alive: -1 });
  expect(await loaded()).toMatchObject([{ name: "large:latest", size_vram: 5e9 }]);
});

test("a model that finds no room takes it from the one that was used least recently", async () => {
  await post("/api/embed", { model: "small", input: "a text" });
  await post("/api/embed", { model: "large", input: "a text" });
  expect(await loaded()).toMatchObject([{ name: "large:latest" }]);
});

test("a model tells what it is", async () => {
  const shown = await (await post("/api/show", { model: "large" })).json();
  expect(shown).toMatchObject({ model_info: { "fake.embedding_length": 8, "fake.context_length": 512 } });
  const tags = await (await fetch(`${server.url}/api/tags`)).json();
  expect(tags).toMatchObject({ models: [{ name: "small:latest" }, { name: "large:latest" }] });
  const listed = await (await fetch(`${server.url}/v1/models`)).json();
  expect(listed).toMatchObject({ data: [{ id: "small" }, { id: "large" }] });
  expect((await post("/api/show", { model: "none" })).status).toBe(404);
});

test("text is generated whole, as lines, and as events", async () => {
  const whole = await (
    await post("/api/generate", { model: "small", prompt: "Is it?", stream: false })
  ).json();
  expect(whole).toMatchObject({ response: "Yes, it is.", done: true, prompt_eval_count: 5 });
  const messages = [{ role: "user", content: "Is it?" }];
  const lines = (await (await post("/api/chat", { model: "small", messages })).text()).trim().split("\n");
  const parsed = lines.map((line) => JSON.parse(line));
  expect(parsed.map(({ message }) => message.content).join("")).toBe("Yes, it is.");
  expect(parsed.at(-1)).toMatchObject({ done: true, eval_count: 7 });
  const events = await (
    await post("/v1/chat/completions", { model: "small", messages, stream: true })
  ).text();
  const data = events
    .split("\n\n")
    .flatMap((event) => (event.startsWith("data: {") ? [JSON.parse(event.slice(6))] : []));
  expect(data.map(({ choices }) => choices[0].delta.content ?? "").join("")).toBe("Yes, it is.");
  expect(events).toMatch(/data: \[DONE\]\n\n$/);
});

test("documents are ranked as TEI and as Jina answer it", async () => {
  const texts = ["the sea", "wheat fields", "a field of wheat by the sea"];
  const tei = await (await post("/rerank", { query: "wheat sea", texts })).json();
  expect(tei).toMatchObject([{ index: 2, score: 1 }, { score: 0.5 }, { score: 0.5 }]);
  const jina = await (
    await post("/v1/rerank", { model: "small", query: "wheat sea", documents: texts })
  ).json();
  expect(jina).toMatchObject({ results: [{ index: 2, relevance_score: 1 }, {}, {}] });
});

test("in a process of its own it answers the same, tells its calls, and can be killed", async () => {
  const other = await forkFakeModelServer({ models: [small] });
  const body = JSON.stringify({ model: "small", input: ["one", "two"] });
  const ask = (url: string) =>
    fetch(`${url}/v1/embeddings`, { method: "POST", body }).then((answer) => answer.json());
  expect(await ask(other.url)).toEqual(await ask(server.url));
  expect(await other.calls()).toMatchObject([{ path: "/v1/embeddings", texts: ["one", "two"], status: 200 }]);
  await other.kill();
  await expect(ask(other.url)).rejects.toThrow();
});

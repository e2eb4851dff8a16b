import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createApi } from "@lakefleet/api/create-api.ts";
import { openApiResources } from "@lakefleet/api/open-api-resources.ts";
import { dataLayout, redisSocket } from "@lakefleet/config/layout.ts";
import { readConfiguration } from "@lakefleet/config/schema.ts";
import { openProviderGuard } from "@lakefleet/lib/guard/open-provider-guard.ts";
import { countingTelemetry } from "@lakefleet/lib/telemetry/metered-telemetry.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FakeGraphicsServer, startFakeGraphicsServer } from "../support/fake-graphics-server.ts";
import { type IndexedLake, openIndexedLake } from "../support/indexed-lake.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

const telemetry = countingTelemetry();
const limits = { requestsPerMinute: 60, textsPerCall: 2, tokensPerCall: 1_000 };
let lake: IndexedLake;
let server: RedisServer;
let graphics: FakeGraphicsServer;
let resources: Awaited<ReturnType<typeof openApiResources>>;
let app: ReturnType<typeof createApi>;
let dataFolder: string;

beforeAll(async () => {
  lake = await openIndexedLake();
  dataFolder = path.join(lake.locks, "..", "data");
  graphics = await startFakeGraphicsServer();
  const read = readConfiguration({ LAKEFLEET_DATA: dataFolder });
  if (!read.ok) throw new Error(read.problems.join());
  server = await startRedisServer({ socketPath: redisSocket(dataFolder) });
  resources = await openApiResources({ configuration: read.configuration, telemetry });
  const models = {
    providers: {
      acme: { kind: "openai", limits, price: { usdPerMillionTokens: 1_000 }, dailyCapUsd: 2 },
      local: { kind: "ollama", url: graphics.url, limits },
    },
    embedders: { "acme:small@1": { provider: "acme" } },
  };
  app = createApi({ ...resources, store: lake.store, models });
});
afterAll(async () => {
  await resources.close();
  await graphics.close();
  await server.stop();
  await lake.remove();
});

async function ask(route: string, body?: object): Promise<{ status: number; answer: unknown }> {
  const post = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
  const response = await app.request(route, body === undefined ? {} : post);
  return { status: response.status, answer: await response.json() };
}

test("the spend of a day is told by provider and model, and is the same after Redis was flushed or is gone", async () => {
  const redis = new Redis({ path: server.socketPath });
  const guard = openProviderGuard({
    redis,
    provider: "acme",
    limits: {},
    dailyCapUsd: 2,
    spendFolder: dataLayout(dataFolder).spend,
    telemetry,
  });
  for (const [model, costUsd] of [
    ["small", 0.25],
    ["large", 0.5],
    ["small", 0.125],
  ] as const)
    await guard.call({ requests: 1, tokens: 1, costUsdMax: 1, model }, async () => ({ value: 0, costUsd }));
  await guard.close();
  redis.disconnect();
  const { answer } = await ask("/ai/spend");
  expect(answer).toEqual({
    providers: [
      {
        provider: "acme",
        day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        spent_usd: 0.875,
        reserved_usd: 0,
        cap_usd: 2,
        remaining_usd: 1.125,
        by_model: expect.arrayContaining([
          { model: "small", spent_usd: 0.375 },
          { model: "large", spent_usd: 0.5 },
        ]),
      },
    ],
  });
  await server.command("FLUSHALL");
  expect((await ask("/ai/spend")).answer).toEqual(answer);
  const metrics = await (await app.request("/metrics")).text();
  expect(metrics).toMatch(/lakefleet_spend_today_usd\{provider="acme",[^}]*\} 0\.875/);
  await server.kill();
  expect((await ask("/ai/spend")).answer).toEqual(answer);
  await server.start();
});

describe("a quote", () => {
  beforeAll(async () => {
    await lake.write([
      { name: "1", body: "one text that stands twice" },
      { name: "2", body: "one text that stands twice" },
      { name: "3", body: "another text" },
      { name: "4", body: null },
    ]);
  });

  test("counts each different text once, by the price and the limits of the embedder's provider", async () => {
    const { status, answer } = await ask("/ai/quote", { index: "i", embedder: "acme:small@1" });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      provider: "acme",
      rows: 4,
      chunks: 3,
      duplicates: 1,
      cached: 0,
      to_embed: 2,
    });
    expect(answer).toMatchObject({
      exact: true,
      tokens: { estimated: 10 },
      calls: 1,
      cost_usd: 0.01,
      seconds_min: 0,
    });
  });

  test("leaves out what the cache has, which nothing but embedding puts there", async () => {
    await lake.embed();
    const own = await ask("/ai/quote", { index: "i" });
    expect(own.answer).toMatchObject({ provider: null, chunks: 3, cached: 2, to_embed: 0, cost_usd: 0 });
    const other = await ask("/ai/quote", { dataset: "d", embedder: "acme:small@1", text_columns: ["body"] });
    expect(other.answer).toMatchObject({ cached: 0, to_embed: 2 });
  });

  test.each([
    [{}, 400, "quote-subject"],
    [{ index: "i", embedder: "acme:other@1" }, 400, "embedder-unknown"],
    [{ dataset: "missing" }, 404, "dataset-missing"],
    [{ dataset: "d", text_columns: ["nowhere"] }, 400, "column-unknown"],
  ])("of %j is refused with %i, %s", async (body, status, type) => {
    expect(await ask("/ai/quote", body)).toMatchObject({ status, answer: { type } });
  });
});

describe("the graphics cards", () => {
  test("are told of where nvidia-smi is on the PATH, beside what the model servers hold", async () => {
    const before = process.env["PATH"];
    const programs = path.join(dataFolder, "programs");
    const program = path.join(programs, "nvidia-smi");
    await mkdir(programs);
    await writeFile(
      program,
      "#!/bin/sh\necho '0, NVIDIA Test 24G, 24576, 1024, 23552, 7'\necho '1, NVIDIA Old, 8192, 0, 8192, [N/A]'\n",
    );
    await chmod(program, 0o755);
    process.env["PATH"] = `${programs}:${before}`;
    try {
      await ask("/admin/preload", { model: "nomic" });
      const { answer } = await ask("/admin/vram");
      expect(answer).toMatchObject({
        graphics: {
          absent: null,
          cards: [
            {
              index: 0,
              name: "NVIDIA Test 24G",
              total_mib: 24_576,
              used_mib: 1_024,
              free_mib: 23_552,
              busy_percent: 7,
            },
            { index: 1, busy_percent: null },
          ],
        },
        servers: [{ name: "local", problem: null, loaded: [{ model: "nomic", vram_bytes: 2 ** 29 }] }],
        slots: [{ model: null, holders: [] }],
        swaps: 0,
      });
    } finally {
      process.env["PATH"] = before;
    }
  });

  test("are absent where there is no nvidia-smi, and that is said", async () => {
    const before = process.env["PATH"];
    process.env["PATH"] = "/nowhere";
    try {
      const { answer } = await ask("/admin/vram");
      expect(answer).toMatchObject({
        graphics: { absent: expect.stringContaining("no nvidia-smi"), cards: [] },
      });
    } finally {
      process.env["PATH"] = before;
    }
  });

  test("take a model in and let it go again", async () => {
    expect(await ask("/admin/preload", { server: "local", model: "a" })).toMatchObject({
      status: 200,
      answer: { server: "local", model: "a", state: "loaded" },
    });
    expect(await ask("/admin/unload", { model: "a" })).toMatchObject({
      status: 200,
      answer: { state: "unloaded" },
    });
    expect(graphics.asked.slice(-2)).toEqual(["load a", "unload a"]);
  });

  test.each([
    [{ model: "unknown" }, 404, "model-unknown"],
    [{ server: "acme", model: "a" }, 400, "model-server-unknown"],
    [{}, 400, undefined],
  ])("a preload of %j is refused with %i", async (body, status, type) => {
    const refused = await ask("/admin/preload", body);
    expect(refused.status).toBe(status);
    if (type !== undefined) expect(refused.answer).toMatchObject({ type });
  });
});

import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { readConfiguration } from "@lakefleet/config/schema.ts";
import { configuredEmbedders } from "@lakefleet/lib/embedding/configured-embedders.ts";
import { readSpend } from "@lakefleet/lib/guard/read-spend.ts";
import { openGpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { handleEmbed } from "../../workers/embed/handle-embed.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

const telemetry = silentTelemetry();
let server: RedisServer;
let redis: Redis;
let models: FakeModelServer;
let lake: IndexedLake;

beforeAll(async () => {
  [server, models, lake] = await Promise.all([startRedisServer(), startFakeModelServer(), openIndexedLake()]);
  redis = new Redis({ path: server.socketPath });
});
afterAll(async () => {
  redis.disconnect();
  await Promise.all([server.stop(), models.close(), lake.remove()]);
});

test("a model that needs the graphics card waits for its place, and what it costs is what stands in the books", async () => {
  const dataFolder = path.join(lake.locks, "..", "data");
  const settings = fakeModels(models.url, {
    kind: "ollama",
    usdPerMillionTokens: 100,
    embedder: { vramMib: 500 },
  });
  const read = readConfiguration({ LAKEFLEET_DATA: dataFolder });
  if (!read.ok) throw new Error(read.problems.join());
  const configuration = { ...read.configuration, models: settings };
  const embedders = configuredEmbedders({ configuration, redis, telemetry });
  const slots = openGpuSlots({ redis, slotCount: 1, telemetry });
  await lake.define({ embedderId: fakeEmbedderId });
  await lake.write(madeUpRows(40));
  const embed = () =>
    handleEmbed(
      { intent: "01jabcdefghjkmnp", index: "i" },
      {
        signal: new AbortController().signal,
        progress: () => undefined,
        log: () => undefined,
        childResults: [],
        jobId: "01jabcdefghjkmnp.embed",
      },
      { store: lake.store, locks: lake.locks, telemetry, embedders, graphics: { models: settings, slots } },
    );
  const other = await slots.take({ job: "other", model: "llama" });
  await expect(embed()).rejects.toMatchObject({ kind: "busy", type: "gpu-slot-taken" });
  expect(models.calls.filter(({ texts }) => texts.some((text) => text.startsWith("only")))).toEqual([]);
  await other.release();
  const result = await embed();
  expect(result).toMatchObject({ chunks: 40, embedded: 40, failed: 0 });
  expect((await slots.table()).slots).toEqual([{ model: "nomic-embed-text", holders: [] }]);
  const taken = await slots.take({ job: "other", model: "llama" });
  expect(await embed()).toMatchObject({ chunks: 0, embedded: 0, costUsd: 0 });
  await taken.release();
  await embedders.close();
  const [spend] = await readSpend({
    redis,
    folder: dataLayout(dataFolder).spend,
    providers: [{ name: "fake" }],
    telemetry,
  });
  // The known text and the one that shows how much is read are paid for as well.
  expect(spend?.spent).toBeCloseTo(result.costUsd, 9);
  expect(spend?.reserved).toBe(0);
});

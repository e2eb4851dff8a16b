import type { EmbeddingProvider } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { type Embedders, openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { handleEmbed } from "../../workers/embed/handle-embed.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";
import { fakeEmbedderId, fakeModels } from "../support/model-settings.ts";

let server: FakeModelServer;
let lake: IndexedLake;
let embedders: Embedders;
/** What the calls since the last generation have cost, as each answer said. */
let paid = 0;

beforeAll(async () => {
  [server, lake] = await Promise.all([startFakeModelServer(), openIndexedLake()]);
  embedders = openEmbedders({
    models: fakeModels(server.url, { limits: { attempts: 1, concurrency: 1 }, usdPerMillionTokens: 100 }),
    readSecret: async () => "",
    openGuard: (_provider, { limits }) => {
      const guard = openLocalGuard(limits);
      return {
        ...guard,
        call: (ask, task) =>
          guard.call(ask, async (signal) => {
            const answer = await task(signal);
            paid += answer.costUsd ?? 0;
            return answer;
          }),
      };
    },
  });
  await lake.define({ embedderId: fakeEmbedderId });
});
afterAll(() => Promise.all([server.close(), lake.remove()]));
beforeEach(() => {
  paid = 0;
});

const providers = (embedderId: string) => embedders.open(embedderId, { threads: 0 });

function embed(open: (provider: EmbeddingProvider) => EmbeddingProvider = (provider) => provider) {
  const context = {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: () => undefined,
    childResults: [],
    jobId: "01jabcdefghjkmnp.embed",
  };
  const { store, locks } = lake;
  const opened: Embedders["open"] = (embedderId, options) => open(embedders.open(embedderId, options));
  const dependencies = { store, locks, telemetry: silentTelemetry(), embedders: { open: opened } };
  return handleEmbed({ intent: "01jabcdefghjkmnp", index: "i" }, context, dependencies);
}

async function certified() {
  const { generation } = (await lake.build()).manifest;
  const target = { store: lake.store, index: "i", generation };
  const { certificate } = await gateGeneration({ ...target, providers });
  await promoteGeneration({ ...target, reason: "test", actor: "test", by: "person" });
  return certificate;
}

test("a certificate says what its vectors cost, those of a run that failed and the probes included", async () => {
  await lake.write(madeUpRows(120));
  let calls = 0;
  const failing = (provider: EmbeddingProvider): EmbeddingProvider => ({
    ...provider,
    embedBatch(texts, options) {
      calls += 1;
      if (calls === 5) server.faults.set({ rate: 1, kinds: ["error"], seed: 1 });
      return provider.embedBatch(texts, options);
    },
  });
  await expect(embed(failing)).rejects.toMatchObject({ type: "provider-failed" });
  const lost = paid;
  expect(lost).toBeGreaterThan(0);
  server.faults.set({ rate: 0, kinds: [], seed: 1 });
  const { reused, costUsd } = await embed();
  expect(reused).toBeGreaterThan(0);
  expect(costUsd).toBeCloseTo(paid - lost, 9);
  const whole = paid;
  expect((await certified()).costUsd).toBeCloseTo(whole, 9);
});

test("the next one says what was embedded for it alone", async () => {
  await lake.write(madeUpRows(4, "b"));
  await embed();
  const added = paid;
  expect(added).toBeGreaterThan(0);
  expect((await certified()).costUsd).toBeCloseTo(added, 9);
});

test("one of other parameters has cost nothing", async () => {
  const parameters = IndexParameters.parse({ backend: "hnsw", connectivity: 12 });
  await lake.define({ embedderId: fakeEmbedderId, parameters });
  expect((await certified()).costUsd).toBe(0);
});

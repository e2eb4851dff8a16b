import { readFile } from "node:fs/promises";
import { Models } from "@lakefleet/config/models.ts";
import {
  embeddingProviderConformance,
  modelProviderConformance,
} from "@lakefleet/lib/embedding/embedding-provider.conformance.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultKind } from "../support/fake-model-server/fault-plan.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { waitFor } from "../support/wait-for.ts";

let server: FakeModelServer;
beforeAll(async () => {
  server = await startFakeModelServer({
    key: "the key",
    models: [{ name: "m" }, { name: "closed", overlong: "refuse" }],
  });
});
afterAll(() => server.close());

function openModel(
  kind: "openai" | "ollama",
  change: { attempts?: number; timeoutMs?: number; model?: string; secret?: boolean } = {},
) {
  const { attempts = 1, timeoutMs = 30_000, model = "m", secret = true } = change;
  const url = kind === "openai" ? `${server.url}/v1` : server.url;
  const models = Models.parse({
    providers: {
      p: {
        kind,
        url,
        ...(secret ? { secret: "KEY" } : {}),
        limits: { attempts, timeoutMs },
        price: { usdPerMillionTokens: 2 },
      },
    },
    embedders: {
      [`p:${model}@1`]: { provider: "p", model, dimension: 64, tokensMax: 2_048, queryPrefix: "search: " },
    },
  });
  const embedders = openEmbedders({
    models,
    readSecret: async () => "the key",
    openGuard: (_provider, { limits }) => openLocalGuard(limits),
  });
  return embedders.open(`p:${model}@1`, { threads: 0 });
}

describe.each(["openai", "ollama"] as const)("a provider of kind %s", (kind) => {
  embeddingProviderConformance(kind, () => openModel(kind));
  modelProviderConformance(kind, () => openModel(kind));

  test.each([
    ["throttle", { kind: "busy", type: "provider-throttled" }],
    ["throttle-later", { kind: "busy", type: "provider-throttled", retryAfterSeconds: 1 }],
    ["error", { kind: "unavailable", type: "provider-failed" }],
    ["hang", { kind: "unavailable", type: "provider-failed" }],
    ["reset", { kind: "unavailable", type: "provider-failed" }],
    ["slow", { kind: "unavailable", type: "provider-failed" }],
    ["garbage", { kind: "unavailable", type: "provider-failed" }],
    [
      "nan",
      kind === "ollama" ? { type: "provider-failed" } : { kind: "unavailable", type: "answer-not-finite" },
    ],
    ["zero", { kind: "unavailable", type: "answer-zero" }],
    ["dimension", { kind: "unavailable", type: "answer-dimension" }],
    ["short", { kind: "unavailable", type: "answer-short" }],
  ] satisfies [FaultKind, object][])("refuses the answer to a call that ends in %s", async (fault, error) => {
    const isSilent = fault === "hang" || fault === "slow";
    const provider = openModel(kind, isSilent ? { timeoutMs: 300 } : {});
    server.faults.script(fault);
    await expect(provider.embedBatch(["one", "two"])).rejects.toMatchObject(error);
    expect((await openModel(kind).embedBatch(["one", "two"])).length).toBe(128);
  });

  test("a model that is not there, a key that is wrong and a text that is refused are told apart", async () => {
    await expect(openModel(kind, { model: "other" }).embedBatch(["a"])).rejects.toMatchObject({
      kind: "not-found",
      type: "provider-model-missing",
    });
    await expect(openModel(kind, { secret: false }).embedBatch(["a"])).rejects.toMatchObject({
      kind: "forbidden",
      type: "provider-forbidden",
    });
    await expect(openModel(kind, { model: "closed" }).embedBatch(["a ".repeat(3_000)])).rejects.toMatchObject(
      {
        kind: "invalid",
        type: "provider-refused",
      },
    );
  });

  test("tells each call's tokens and what they cost", async () => {
    const usage: object[] = [];
    await openModel(kind).embedBatch(["one two three"], { onUsage: (used) => usage.push(used) });
    // "three" is two pieces, and two tokens stand around the text.
    expect(usage).toEqual([{ tokens: 6, costUsd: (6 * 2) / 1e6 }]);
  });

  test("a call that fails is repeated while there are attempts", async () => {
    const before = server.calls.length;
    server.faults.script("error", "reset", "throttle");
    await openModel(kind, { attempts: 5 }).embedBatch(["one"]);
    expect(server.calls.length - before).toBe(4);
  });

  test("an abort ends a call that hangs", async () => {
    server.faults.script("hang");
    const abort = new AbortController();
    const calling = openModel(kind).embedBatch(["one"], { signal: abort.signal });
    const before = server.calls.length;
    await waitFor("the call to arrive", 10_000, () => server.calls.length > before);
    abort.abort();
    await expect(calling).rejects.toMatchObject({ kind: "cancelled" });
  });
});

test("vectors in another order stand where their index says, and an index twice is refused", async () => {
  const provider = openModel("openai");
  const expected = await provider.embedBatch(["one", "two", "three"]);
  server.faults.script("reorder", "duplicate");
  expect(await provider.embedBatch(["one", "two", "three"])).toEqual(expected);
  await expect(provider.embedBatch(["one", "two"])).rejects.toMatchObject({ type: "answer-index" });
});

test("Ollama's digest is that of its tags, and another server has none", async () => {
  expect(await openModel("ollama").serving?.digest()).toMatch(/^0a109f422b47/);
  expect(await openModel("openai").serving?.digest()).toBeUndefined();
});

test.each(["nomic-embed-text", "bge-m3", "bge-small"])("the example settings %s are valid", async (name) => {
  const file = new URL(`../../examples/models/${name}.json`, import.meta.url);
  expect(Object.keys(Models.parse(JSON.parse(await readFile(file, "utf8"))).embedders)).toHaveLength(1);
});

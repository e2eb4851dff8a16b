import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Models } from "@lakefleet/config/models.ts";
import {
  embeddingProviderConformance,
  modelProviderConformance,
} from "@lakefleet/lib/embedding/embedding-provider.conformance.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyModel } from "../support/tiny-onnx-model.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-onnx-"));
  await writeTinyModel(folder, { name: "tiny", dimension: 16 });
  await writeTinyModel(folder, { name: "broken", dimension: 16 });
  await writeFile(path.join(folder, "broken", "onnx", "model.onnx"), "no network");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function openTiny(change: { model?: string; pooling?: string; dimension?: number } = {}) {
  const { model = "tiny", ...rest } = change;
  const models = Models.parse({
    providers: { local: { kind: "onnx", folder, limits: { attempts: 1 } } },
    embedders: {
      [`local:${model}@1`]: {
        provider: "local",
        model,
        dimension: 16,
        tokensMax: 512,
        queryPrefix: "ask: ",
        ...rest,
      },
    },
  });
  const embedders = openEmbedders({
    models,
    readSecret: async () => "",
    openGuard: (_provider, { limits }) => openLocalGuard(limits),
  });
  return embedders.open(`local:${model}@1`, { threads: 0 });
}

embeddingProviderConformance("a local ONNX model", openTiny);
modelProviderConformance("a local ONNX model", openTiny);

test("the mean of the tokens and the first of them are two vectors", async () => {
  const [mean, first] = [openTiny(), openTiny({ pooling: "cls" })];
  const [one, other] = [await first.embedBatch(["one"]), await first.embedBatch(["other"])];
  // The first token is the same for every text, and this network lets no token see another.
  expect(one).toEqual(other);
  expect(await mean.embedBatch(["one"])).not.toEqual(await mean.embedBatch(["other"]));
  await Promise.all([mean.close(), first.close()]);
});

test("a text with more tokens than the model reads is refused, and its tokens are counted as they are", async () => {
  const provider = openTiny();
  await expect(provider.embedBatch(["a ".repeat(600)])).rejects.toMatchObject({ type: "provider-refused" });
  const usage: object[] = [];
  await provider.embedBatch(["abc de"], { onUsage: (used) => usage.push(used) });
  expect(usage).toEqual([{ tokens: 7, costUsd: 0 }]);
  await provider.close();
});

test("a model that is missing, broken or of another dimension is told apart, and nothing is downloaded", async () => {
  const [missing, broken, other] = [
    openTiny({ model: "none" }),
    openTiny({ model: "broken" }),
    openTiny({ dimension: 8 }),
  ];
  await expect(missing.embedBatch(["a"])).rejects.toMatchObject({
    kind: "not-found",
    type: "provider-model-missing",
  });
  await expect(broken.embedBatch(["a"])).rejects.toMatchObject({
    kind: "unavailable",
    type: "provider-failed",
  });
  await expect(other.embedBatch(["a"])).rejects.toMatchObject({ type: "answer-dimension" });
  await Promise.all([missing.close(), broken.close(), other.close()]);
});

test("the digest is of the weights and the tokenizer", async () => {
  const provider = openTiny();
  const before = await provider.serving?.digest();
  await provider.close();
  await writeTinyModel(folder, { name: "twin", dimension: 16 });
  const twin = openTiny({ model: "twin" });
  expect(await twin.serving?.digest()).toBe(before);
  await twin.close();
});

import { Models } from "@lakefleet/config/models.ts";
import { type AnswerModels, openAnswerModels } from "@lakefleet/lib/answer/open-answer-models.ts";
import type { EmbeddingProvider } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { openEmbedders } from "@lakefleet/lib/embedding/open-embedders.ts";
import { openLocalGuard } from "@lakefleet/lib/embedding/providers/local-guard.ts";

export const fakeEmbedderId = "fake:nomic-embed-text@1";

/** The file of models of a fleet whose one provider is a fake server. */
export function fakeModels(
  url: string,
  change: {
    kind?: "openai" | "ollama";
    limits?: object;
    embedder?: object;
    usdPerMillionTokens?: number;
  } = {},
): Models {
  const { kind = "openai", limits = {}, embedder = {}, usdPerMillionTokens = 0 } = change;
  return Models.parse({
    providers: {
      fake: {
        kind,
        url: kind === "openai" ? `${url}/v1` : url,
        limits: { attempts: 6, timeoutMs: 5_000, concurrency: 4, textsPerCall: 32, ...limits },
        price: { usdPerMillionTokens },
      },
    },
    embedders: {
      [fakeEmbedderId]: {
        provider: "fake",
        model: "nomic-embed-text",
        dimension: 64,
        tokensMax: 2_048,
        ...embedder,
      },
    },
  });
}

/** The one embedder of these models, behind a guard of this process. */
export function openFakeEmbedder(models: Models): EmbeddingProvider {
  const embedders = openEmbedders({
    models,
    readSecret: async () => "",
    openGuard: (_provider, { limits }) => openLocalGuard(limits),
  });
  return embedders.open(fakeEmbedderId, { threads: 0 });
}

/** What a fleet without a file of models can write and rerank with. */
export function noAnswerModels(): AnswerModels {
  return openAnswerModels({
    models: Models.parse({}),
    readSecret: async () => "",
    openGuard: (_provider, { limits }) => openLocalGuard(limits),
  });
}

import type { EmbedderSettings, Models, ProviderSettings } from "@lakefleet/config/models.ts";
import type { ProviderGuard } from "../guard/open-provider-guard.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { hashEmbedderId } from "./hash-embedder.ts";
import { openProvider, unknownEmbedder } from "./open-provider.ts";
import { createModelProvider, type ModelProtocol, type ServedModel } from "./providers/model-provider.ts";
import type { ModelServer } from "./providers/model-server.ts";
import { ollamaProtocol } from "./providers/ollama-protocol.ts";
import { onnxProtocol } from "./providers/onnx-protocol.ts";
import { openAiProtocol } from "./providers/openai-protocol.ts";

export interface Embedders {
  /** The built-in provider with so many threads, or that of a configured model. Throws as `assertEmbedder` does. */
  open(embedderId: string, options: { threads: number }): EmbeddingProvider;
  close(): Promise<void>;
}

export interface EmbeddersOptions {
  models: Models;
  /** Reads a key by its name. */
  readSecret: (name: string) => Promise<string>;
  openGuard: (provider: string, settings: ProviderSettings) => ProviderGuard;
}

/** The providers of one process. Each provider of models has one guard, opened with the first of its models. */
export function openEmbedders({ models, readSecret, openGuard }: EmbeddersOptions): Embedders {
  const guards = new Map<string, ProviderGuard>();
  const measured = new Map<string, ServedModel["measured"]>();
  const guardOf = (name: string, settings: ProviderSettings): ProviderGuard => {
    const guard = guards.get(name) ?? openGuard(name, settings);
    guards.set(name, guard);
    return guard;
  };
  const measuredOf = (embedderId: string): ServedModel["measured"] => {
    const found = measured.get(embedderId) ?? {};
    measured.set(embedderId, found);
    return found;
  };
  return {
    open(embedderId, options) {
      const embedder = models.embedders[embedderId];
      const settings = embedder && models.providers[embedder.provider];
      if (embedder === undefined || settings === undefined) {
        assertEmbedder(embedderId, models);
        return openProvider(embedderId, options);
      }
      const served = {
        embedderId,
        embedder,
        limits: settings.limits,
        usdPerMillionTokens: settings.price?.usdPerMillionTokens ?? 0,
        guard: guardOf(embedder.provider, settings),
        measured: measuredOf(embedderId),
      };
      return createModelProvider(served, protocolOf(embedder, settings, readSecret));
    },
    async close() {
      await Promise.all([...guards.values()].map((guard) => guard.close()));
    },
  };
}

function protocolOf(
  { provider, model, dimension, tokensMax, pooling }: EmbedderSettings,
  { kind, url = "", folder = "", secret, limits: { timeoutMs } }: ProviderSettings,
  readSecret: EmbeddersOptions["readSecret"],
): ModelProtocol {
  if (kind === "onnx")
    return onnxProtocol({ provider, folder, model, dimension, tokensMax, pooling, timeoutMs });
  const readKey = secret === undefined ? undefined : () => readSecret(secret);
  const server: ModelServer = { provider, url, timeoutMs, readKey };
  return kind === "ollama"
    ? ollamaProtocol(server, { model, dimension, tokensMax })
    : openAiProtocol(server, { model, dimension });
}

/** Throws `invalid`, `embedder-unknown`, with the ids there are, where nobody makes vectors of this id. */
export function assertEmbedder(embedderId: string, models?: Models): void {
  const ids = [hashEmbedderId, ...Object.keys(models?.embedders ?? {})];
  if (!ids.includes(embedderId)) throw unknownEmbedder(embedderId, ids);
}

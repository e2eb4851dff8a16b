import type { Models, ProviderSettings } from "@lakefleet/config/models.ts";
import type { ModelServer } from "../embedding/providers/model-server.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ProviderGuard } from "../guard/open-provider-guard.ts";
import { createGenerator, type Generator } from "./generator.ts";
import { ollamaChat } from "./protocols/ollama-chat.ts";
import { openAiChat } from "./protocols/openai-chat.ts";
import { rerankProtocol } from "./protocols/rerank-protocol.ts";
import { createReranker, type Reranker } from "./reranker.ts";

export interface AnswerModels {
  /** Throws `invalid`, `generator-unknown`, with those there are. */
  generator(generatorId: string): Generator;
  /** Throws `invalid`, `reranker-unknown`, with those there are. */
  reranker(rerankerId: string): Reranker;
}

export interface AnswerModelsOptions {
  models: Models;
  /** Reads a key by its name. */
  readSecret: (name: string) => Promise<string>;
  /** The same guard each time it is asked for a provider. */
  openGuard: (provider: string, settings: ProviderSettings) => ProviderGuard;
}

/** The generators and rerankers of the file of models. */
export function openAnswerModels({ models, readSecret, openGuard }: AnswerModelsOptions): AnswerModels {
  const servedBy = (name: string, settings: ProviderSettings) => ({
    server: serverOf(name, settings, readSecret),
    guard: openGuard(name, settings),
    usdPerMillionTokens: settings.price?.usdPerMillionTokens ?? 0,
  });
  return {
    generator(generatorId) {
      const settings = own(models.generators, generatorId);
      const provider = settings && models.providers[settings.provider];
      if (settings === undefined || provider === undefined)
        throw unknownModel("generator", generatorId, Object.keys(models.generators));
      const { server, ...served } = servedBy(settings.provider, provider);
      const chat = provider.kind === "ollama" ? ollamaChat : openAiChat;
      return createGenerator({ generatorId, settings, ...served }, chat(server, settings));
    },
    reranker(rerankerId) {
      const settings = own(models.rerankers, rerankerId);
      const provider = settings && models.providers[settings.provider];
      if (settings === undefined || provider === undefined)
        throw unknownModel("reranker", rerankerId, Object.keys(models.rerankers));
      const { server, ...served } = servedBy(settings.provider, provider);
      const { model } = settings;
      return createReranker({ model, limits: provider.limits, ...served }, rerankProtocol(server, settings));
    },
  };
}

/** A client's name may be that of something every object has. */
function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function serverOf(
  provider: string,
  { url = "", secret, limits: { timeoutMs } }: ProviderSettings,
  readSecret: AnswerModelsOptions["readSecret"],
): ModelServer {
  return { provider, url, timeoutMs, readKey: secret === undefined ? undefined : () => readSecret(secret) };
}

function unknownModel(kind: "generator" | "reranker", id: string, known: readonly string[]): DomainError {
  const there =
    known.length === 0 ? `There are no ${kind}s yet; name one` : `Use ${known.join(" or ")}, or name another`;
  return new DomainError({
    kind: "invalid",
    type: `${kind}-unknown`,
    field: kind,
    message: `There is no ${kind} "${id}".`,
    remedy: `${there} in the file of models.`,
  });
}

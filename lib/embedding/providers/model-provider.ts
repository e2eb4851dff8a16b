import type { EmbedderSettings, ProviderLimits } from "@lakefleet/config/models.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { ProviderGuard } from "../../guard/open-provider-guard.ts";
import { assertLive } from "../assert-live.ts";
import type { EmbedBatchOptions, EmbeddingProvider, ModelServing } from "../embedding-provider.ts";
import { settleAll } from "../settle-all.ts";
import { measureTokensRead } from "./measure-tokens-read.ts";
import { planCalls } from "./plan-calls.ts";
import { tokensAtMost } from "./token-bounds.ts";

/** What a model made of the texts of one call, and how many tokens it has read of them, where it counts. */
export interface ModelAnswer {
  vectors: Float32Array;
  tokens: number | undefined;
}

/** How one kind of server is asked. Both throw the errors that `askServer` names, and what an unusable answer is. */
export interface ModelProtocol {
  embed(texts: readonly string[], signal: AbortSignal): Promise<ModelAnswer>;
  digest(signal: AbortSignal | undefined): Promise<string | undefined>;
  close?(): Promise<void>;
}

export interface ServedModel {
  embedderId: string;
  embedder: EmbedderSettings;
  limits: ProviderLimits;
  usdPerMillionTokens: number;
  guard: ProviderGuard;
  /** What was found out of the model, for all providers of it in this process. */
  measured: { tokensRead?: ReturnType<ModelServing["tokensRead"]> | undefined };
}

/** A provider whose vectors come from a model behind a protocol; every call goes through the guard. */
export function createModelProvider(model: ServedModel, protocol: ModelProtocol): EmbeddingProvider {
  const { embedder, limits, measured } = model;
  const serving: ModelServing = {
    textsPerCall: limits.textsPerCall,
    tokensPerCall: tokensPerCallOf(limits),
    concurrency: limits.concurrency,
    documentPrefix: embedder.documentPrefix,
    async tokensRead(options = {}) {
      const call = (texts: readonly string[]) => callOnce({ model, protocol, texts, options });
      measured.tokensRead ??= measureTokensRead(embedder.tokensMax, call);
      try {
        return await measured.tokensRead;
      } catch (error) {
        measured.tokensRead = undefined;
        throw error;
      }
    },
    async digest(signal) {
      const digest = await protocol.digest(signal);
      const pinned = embedder.digest;
      if (digest === undefined || pinned === undefined || digest.startsWith(pinned)) return digest;
      throw otherBuild(model.embedderId, { pinned, digest });
    },
  };
  let closed = false;
  return {
    embedderId: model.embedderId,
    dimension: embedder.dimension,
    // What a model reads is counted in tokens; callers that store vectors see to that.
    lengthMax: Number.POSITIVE_INFINITY,
    serving,
    async embedBatch(texts, options = {}) {
      if (closed) throw closedError();
      assertLive(options.signal);
      assertTexts(texts);
      return embedAll({ model, protocol, texts, options });
    },
    async close() {
      if (closed) return;
      closed = true;
      await protocol.close?.();
    },
  };
}

interface Calling {
  model: ServedModel;
  protocol: ModelProtocol;
  texts: readonly string[];
  options: EmbedBatchOptions;
}

async function embedAll(calling: Calling): Promise<Float32Array> {
  const { model, texts, options } = calling;
  const { dimension, queryPrefix, documentPrefix } = model.embedder;
  const { textsPerCall, concurrency } = model.limits;
  const prefix = options.purpose === "query" ? queryPrefix : documentPrefix;
  const asked = prefix === "" ? texts : texts.map((text) => prefix + text);
  const calls = planCalls(asked.map(tokensAtMost), {
    textsMax: textsPerCall,
    tokensMax: tokensPerCallOf(model.limits),
  });
  const vectors = new Float32Array(texts.length * dimension);
  let next = 0;
  let failed = false;
  const work = async () => {
    for (let call = calls[next++]; call !== undefined && !failed; call = calls[next++]) {
      const part = call.map((position) => asked[position] ?? "");
      const answer = await callOnce({ ...calling, texts: part }).catch((error: unknown) => {
        failed = true;
        throw error;
      });
      vectors.set(answer.vectors, (call[0] ?? 0) * dimension);
    }
  };
  await settleAll(Array.from({ length: Math.min(concurrency, calls.length) }, work));
  return vectors;
}

/** A call of more tokens than a minute may have would never get its turn. */
function tokensPerCallOf({ tokensPerCall, tokensPerMinute }: ProviderLimits): number {
  return Math.min(tokensPerCall, tokensPerMinute ?? tokensPerCall);
}

async function callOnce({ model, protocol, texts, options }: Calling): Promise<ModelAnswer> {
  const { guard, usdPerMillionTokens } = model;
  const { signal, onUsage } = options;
  const tokensMax = texts.reduce((sum, text) => sum + tokensAtMost(text), 0);
  const costOf = (tokens: number) => (tokens * usdPerMillionTokens) / 1e6;
  const call = {
    requests: 1 as const,
    tokens: tokensMax,
    costUsdMax: costOf(tokensMax),
    model: model.embedder.model,
  };
  const answer = await guard.call({ ...call, ...(signal === undefined ? {} : { signal }) }, async (inner) => {
    const value = await protocol.embed(texts, inner);
    // What is not counted is paid for as if it were the most it can be.
    const tokens = value.tokens ?? tokensMax;
    return { value, tokens, costUsd: costOf(tokens) };
  });
  onUsage?.({ tokens: answer.tokens, costUsd: costOf(answer.tokens ?? tokensMax) });
  return answer;
}

function assertTexts(texts: readonly string[]): void {
  if (texts.every((text) => text.trim() !== "")) return;
  throw new DomainError({
    kind: "invalid",
    type: "text-empty",
    message: "A text without any character cannot be embedded by a model.",
  });
}

function otherBuild(embedderId: string, { pinned, digest }: { pinned: string; digest: string }): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "embedder-changed",
    field: "digest",
    message: `The model behind ${embedderId} has the digest ${digest.slice(0, 24)}, and ${pinned.slice(0, 24)} is asked for.`,
    remedy:
      "Serve the build that is asked for, or name the new one by another revision in the file of models.",
  });
}

function closedError(): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "embedder-closed",
    message: "The embedding provider is closed.",
  });
}

import type { ProviderLimits } from "@lakefleet/config/models.ts";
import { planCalls } from "../embedding/providers/plan-calls.ts";
import { tokensAtMost } from "../embedding/providers/token-bounds.ts";
import type { ProviderGuard } from "../guard/open-provider-guard.ts";
import type { RerankProtocol } from "./protocols/rerank-protocol.ts";

export interface Reranked {
  /** The places of the documents, best first; equal ones keep their order. */
  order: number[];
  /** One for each document, in the order in which they were given. */
  scores: number[];
  /** As the server counted them; undefined where it does not count. */
  tokens: number | undefined;
  costUsd: number;
}

/** A model that reads a query with each document. */
export interface Reranker {
  rerank(query: string, documents: readonly string[], signal?: AbortSignal): Promise<Reranked>;
}

export interface ServedReranker {
  model: string;
  limits: ProviderLimits;
  usdPerMillionTokens: number;
  guard: ProviderGuard;
}

/** A client waits in front of it. */
const patienceMs = 10_000;

/** A pair's score does not depend on the others, so a long list goes out in several calls, one after the other. */
export function createReranker(served: ServedReranker, protocol: RerankProtocol): Reranker {
  const { model, limits, usdPerMillionTokens, guard } = served;
  const costOf = (tokens: number) => (tokens * usdPerMillionTokens) / 1e6;
  const callOnce = async (query: string, documents: readonly string[], signal?: AbortSignal) => {
    const tokensMax = sumOf(pairTokens(query, documents));
    const call = {
      requests: 1 as const,
      tokens: tokensMax,
      costUsdMax: costOf(tokensMax),
      model,
      patienceMs,
    };
    const result = await guard.call({ ...call, signal }, async (inner) => {
      const value = await protocol.rerank(query, documents, inner);
      // What is not counted is paid for as if it were the most it can be.
      const tokens = value.tokens ?? tokensMax;
      return { value, tokens, costUsd: costOf(tokens) };
    });
    return { ...result, costUsd: costOf(result.tokens ?? tokensMax) };
  };
  return {
    async rerank(query, documents, signal) {
      const calls = planCalls(pairTokens(query, documents), {
        textsMax: limits.textsPerCall,
        tokensMax: limits.tokensPerCall,
      });
      const scores = documents.map(() => 0);
      let tokens: number | undefined;
      let costUsd = 0;
      for (const places of calls) {
        const part = places.map((place) => documents[place] ?? "");
        const result = await callOnce(query, part, signal);
        for (const [at, place] of places.entries()) scores[place] = result.scores[at] ?? 0;
        if (result.tokens !== undefined) tokens = (tokens ?? 0) + result.tokens;
        costUsd += result.costUsd;
      }
      const order = [...documents.keys()].sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0));
      return { order, scores, tokens, costUsd };
    },
  };
}

function pairTokens(query: string, documents: readonly string[]): number[] {
  const queryTokens = tokensAtMost(query);
  return documents.map((document) => queryTokens + tokensAtMost(document));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

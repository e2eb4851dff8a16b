import { cachedHashes } from "../../embedding/embedding-cache.ts";
import type { EmbeddingProvider } from "../../embedding/embedding-provider.ts";
import type { Pipeline } from "../../embedding/pipeline-tables.ts";
import { type QuoteTerms, quoteEmbedding } from "../../embedding/quote-embedding.ts";
import type { Interval, Prediction } from "../migration-record.ts";
import type { GroupSpent } from "./embed-sample.ts";
import { atLeast, predictTotal } from "./predict-rate.ts";
import { type Candidates, textKey } from "./read-candidates.ts";

/** What is left to embed once the cache has had its say, and what that takes at the rates of the sample. */
export async function predictCost(options: {
  pipeline: Pipeline;
  provider: EmbeddingProvider;
  candidates: Pick<Candidates, "texts">;
  spent: readonly GroupSpent[];
  terms: QuoteTerms | undefined;
}): Promise<Pick<Prediction, "toEmbed" | "tokens" | "costUsd" | "seconds">> {
  const { pipeline, provider, candidates, spent, terms } = options;
  const waiting = new Set(candidates.texts);
  for await (const hashes of cachedHashes(pipeline, provider.embedderId))
    for (const hash of hashes) waiting.delete(textKey(hash));
  const toEmbed = waiting.size;
  const total = (amountOf: (group: GroupSpent) => number) =>
    predictTotal(
      spent.map((group) => ({ texts: group.embedded, amount: amountOf(group) })),
      toEmbed,
    );
  const tokens = total((group) => group.tokens);
  const seconds = total((group) => group.seconds);
  return {
    toEmbed,
    tokens,
    costUsd: total((group) => group.costUsd),
    seconds:
      tokens === null || terms === undefined ? seconds : atLeast(seconds, floors(toEmbed, tokens, terms)),
  };
}

function floors(texts: number, tokens: Interval, terms: QuoteTerms): Interval {
  const floor = (count: number) =>
    quoteEmbedding(
      { rows: 1, rowsRead: 1, chunks: texts, distinct: texts, cached: 0, tokens: Math.ceil(count) },
      terms,
    ).secondsMin ?? 0;
  return { expected: floor(tokens.expected), low: floor(tokens.low), high: floor(tokens.high) };
}

import { isBroughtEmbedder } from "../embedding/brought-embedder.ts";
import type { EmbeddingProvider } from "../embedding/embedding-provider.ts";
import { type OpenProvider, openInline } from "../embedding/open-provider.ts";
import { DomainError } from "../errors/domain-error.ts";

/** Embedders of queries, one of each kind, opened when first needed. */
export interface QueryEmbedder {
  /** The query's vector by exactly this embedder, or undefined where it finds no feature in the text. */
  embed(query: string, index: { embedderId: string; dimension: number }): Promise<Float32Array | undefined>;
  close(): Promise<void>;
}

export function createQueryEmbedder(
  open: OpenProvider = openInline,
  confirm?: (provider: EmbeddingProvider) => Promise<void>,
): QueryEmbedder {
  const providers = new Map<string, EmbeddingProvider>();
  const providerOf = (embedderId: string): EmbeddingProvider => {
    const known = providers.get(embedderId);
    if (known !== undefined) return known;
    const provider = open(embedderId);
    providers.set(embedderId, provider);
    return provider;
  };
  return {
    async embed(query, { embedderId, dimension }) {
      if (isBroughtEmbedder(embedderId)) throw broughtVectors(embedderId);
      const provider = providerOf(embedderId);
      if (provider.embedderId !== embedderId || provider.dimension !== dimension) {
        throw otherEmbedder(embedderId, dimension, provider);
      }
      if (query.trim() === "") return undefined;
      await confirm?.(provider);
      const vector = await provider.embedBatch([query], { purpose: "query" });
      return vector.some((value) => value !== 0) ? vector : undefined;
    },
    async close() {
      await Promise.all([...providers.values()].map((provider) => provider.close()));
      providers.clear();
    },
  };
}

function broughtVectors(embedderId: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "embedder-imported",
    field: "query",
    message: `The index holds imported vectors of ${embedderId}, and no text becomes one of them here.`,
    remedy: "Embed the query with that model and send it as vector, or search with the mode lexical.",
  });
}

function otherEmbedder(embedderId: string, dimension: number, provider: EmbeddingProvider): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "embedder-mismatch",
    message: `The index was embedded by ${embedderId} with ${dimension} values; here is ${provider.embedderId} with ${provider.dimension}.`,
    remedy: "Build the index again with an embedder that this server has, or search by words.",
  });
}

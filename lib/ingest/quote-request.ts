import { readDataset } from "../dataset/dataset-log.ts";
import { hashEmbedderId } from "../embedding/hash-embedder.ts";
import { measureTexts } from "../embedding/measure-texts.ts";
import { type Quote, type QuoteTerms, quoteEmbedding } from "../embedding/quote-embedding.ts";
import { DomainError } from "../errors/domain-error.ts";
import { readDefinition } from "../generation/definition-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What a quote needs to know of the configured models. */
export interface PricedModels {
  providers: Record<string, PricedProvider>;
  embedders: Record<string, { provider: string }>;
}

export interface PricedProvider {
  limits: {
    requestsPerMinute?: number | undefined;
    tokensPerMinute?: number | undefined;
    textsPerCall: number;
    concurrency?: number | undefined;
    tokensPerCall: number;
  };
  price?: { usdPerMillionTokens: number } | undefined;
  dailyCapUsd?: number | undefined;
}

export interface QuoteRequest {
  index?: string | undefined;
  dataset?: string | undefined;
  /** By default the index's own. */
  embedder?: string | undefined;
  textColumns?: readonly string[] | undefined;
  chunking: { size: number; overlap: number };
}

export interface EmbeddingQuote extends Quote {
  dataset: string;
  embedder: string;
  /** None for the built-in embedder, which costs nothing but time. */
  provider: string | undefined;
}

const freeTerms = {
  usdPerMillionTokens: 0,
  textsPerCall: Number.POSITIVE_INFINITY,
  tokensPerCall: Number.POSITIVE_INFINITY,
};

/** What it would cost to embed a dataset as an index does or would: nothing is written and nobody is asked. */
export async function quoteRequest(
  request: QuoteRequest,
  { store, models, signal }: { store: ObjectStore; models: PricedModels; signal?: AbortSignal },
): Promise<EmbeddingQuote> {
  const subject = await subjectOf(store, request);
  const { embedderId, dataset } = subject;
  const provider = models.embedders[embedderId]?.provider;
  const settings = provider === undefined ? undefined : models.providers[provider];
  if (settings === undefined && embedderId !== hashEmbedderId) throw embedderUnknown(embedderId, models);
  const version = await readDataset(store, dataset);
  const texts = await measureTexts({
    store,
    version,
    embedderId,
    textColumns: subject.textColumns ?? version.textColumns,
    chunking: subject.chunking,
    signal,
  });
  const terms = quoteTerms(models, embedderId) ?? freeTerms;
  return { dataset, embedder: embedderId, provider, ...quoteEmbedding(texts, terms) };
}

/** The limits and the price of who embeds by this id; undefined for the built-in embedder, which has neither. */
export function quoteTerms(models: PricedModels, embedderId: string): QuoteTerms | undefined {
  const settings = models.providers[models.embedders[embedderId]?.provider ?? ""];
  if (settings === undefined) return undefined;
  return { ...settings.limits, usdPerMillionTokens: settings.price?.usdPerMillionTokens ?? 0 };
}

async function subjectOf(store: ObjectStore, request: QuoteRequest) {
  const { index, dataset, embedder, textColumns, chunking } = request;
  if (index !== undefined) {
    const definition = await readDefinition(store, index);
    return { ...definition, embedderId: embedder ?? definition.embedderId };
  }
  if (dataset !== undefined)
    return { dataset, embedderId: embedder ?? hashEmbedderId, textColumns, chunking };
  throw new DomainError({
    kind: "invalid",
    type: "quote-subject",
    message: "A quote is for an index or for a dataset.",
    field: "index",
    remedy: "Give index, or dataset with the embedder to quote.",
  });
}

function embedderUnknown(embedderId: string, models: PricedModels): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "embedder-unknown",
    message: `There is no embedder "${embedderId}".`,
    field: "embedder",
    remedy: `Use ${[hashEmbedderId, ...Object.keys(models.embedders)].join(", ")}.`,
  });
}

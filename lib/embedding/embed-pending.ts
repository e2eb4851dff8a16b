import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import { failpoint } from "../storage/failpoint.ts";
import { assertLive } from "./assert-live.ts";
import { claimedBatches } from "./claimed-batches.ts";
import { type NewVectors, tidyCache } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { claimPending, findPending, releaseClaim } from "./pending-rows.ts";
import { writeMeta } from "./pipeline-meta.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { type ResolvedVectors, resolveVectors } from "./resolve-vectors.ts";
import { settleAll } from "./settle-all.ts";
import { tidyTable } from "./tidy-table.ts";
import { openVectorKeeper } from "./vector-keeper.ts";
import { addEmbeddings, splitVectors, updateDocuments } from "./write-vectors.ts";

export interface EmbedPendingOptions {
  pipeline: Pipeline;
  provider: EmbeddingProvider;
  /** Asked before anything is claimed, where something is pending; what it throws leaves all as it was. */
  ready?: (() => Promise<void>) | undefined;
  /** Asked before and after the provider is; throws where the model is not the one that its id stands for. */
  confirm?: (() => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  progress?: ((progress: { done: number; total: number; unit: "chunks" }) => void) | undefined;
}

export interface EmbedResult {
  /** Chunks that had no vector of this embedder; the other numbers add up to it. */
  chunks: number;
  /** Vectors that the provider made. */
  embedded: number;
  /** Vectors taken from the cache or from an equal text beside it. */
  reused: number;
  /** Chunks that got none; `embedding_error` says why. */
  failed: number;
  /** Of the embedded: chunks too long for the model, which have the mean of their parts' vectors. */
  resplit: number;
  /** As the provider counted them. */
  tokens: number;
  costUsd: number;
}

interface FoundVectors {
  batches: RecordBatch[];
  resolved: ResolvedVectors;
  /** Settles once the cache has all that was made. */
  kept: Promise<void>;
}

/**
 * Gives every chunk that has none a vector of this embedder, batch by batch; a later run goes on where one was cut.
 * Equal texts are embedded once in the whole bucket. An abort ends it between two batches with what is done kept.
 * Throws `busy`, `lock-held`, while another run works on the index, and whatever the provider throws.
 */
export function embedPending(options: EmbedPendingOptions): Promise<EmbedResult> {
  return options.pipeline.exclusively(() => embedAlone(options));
}

async function embedAlone(options: EmbedPendingOptions): Promise<EmbedResult> {
  const { pipeline, provider, progress } = options;
  const pending = await findPending(pipeline, provider.embedderId);
  if (pending.count > 0) await options.ready?.();
  const total = await claimPending(pipeline, provider.embedderId, pending);
  failpoint("embed.after-claim");
  const result: EmbedResult = {
    chunks: total,
    embedded: 0,
    reused: 0,
    failed: 0,
    resplit: 0,
    tokens: 0,
    costUsd: 0,
  };
  progress?.({ done: 0, total, unit: "chunks" });
  let keptCount = 0;
  const showProgress = () =>
    progress?.({ done: keptCount + result.reused + result.failed, total, unit: "chunks" });
  const keeper = openVectorKeeper({
    ...options,
    onKept(count) {
      keptCount += count;
      showProgress();
    },
  });
  let resolving: Promise<ResolvedVectors> | undefined;
  let found: FoundVectors | undefined;
  const storeFound = async () => {
    if (found === undefined) return;
    const { resolved } = found;
    await storeChunks(options, found);
    found = undefined;
    count(result, resolved);
    showProgress();
  };
  try {
    let justMade: NewVectors[] = [];
    for await (const batch of claimedBatches(pipeline, provider)) {
      if (options.signal?.aborted) await storeFound();
      assertLive(options.signal);
      const { take, close } = keeper.open(batch.cached.version);
      resolving = resolveVectors({ ...options, ...batch, justMade, keep: take });
      handledElsewhere(resolving);
      // What the batch before found is written while this one is being embedded, which is to have begun by then.
      await nextTurn();
      await storeFound();
      const resolved = await resolving;
      found = { batches: batch.batches, resolved, kept: close(resolved.costUsd) };
      // A server that has just failed is not asked for the next batch.
      if (resolved.failure !== undefined) await storeFound();
      // The cache was asked before the last two batches were in it.
      justMade = [...justMade.slice(-1), resolved.made];
    }
    await storeFound();
  } catch (error) {
    await Promise.allSettled([resolving]);
    await keeper.settled();
    await releaseClaim(pipeline, provider.embedderId);
    throw error;
  }
  await finish(pipeline, provider);
  return result;
}

function count(result: EmbedResult, resolved: ResolvedVectors): void {
  result.embedded += resolved.made.hashes.length;
  result.reused += resolved.reused;
  result.failed += resolved.errors.filter((error) => error !== null).length;
  result.resplit += resolved.resplit;
  result.tokens += resolved.tokens;
  result.costUsd += resolved.costUsd;
}

async function storeChunks(
  { pipeline, provider }: EmbedPendingOptions,
  { batches, resolved, kept }: FoundVectors,
): Promise<void> {
  if (resolved.failure !== undefined) {
    // What was made has been paid for: the next run finds it in the cache.
    await kept;
    throw resolved.failure;
  }
  const parts = splitVectors(batches, resolved);
  const done = { parts, embedderId: provider.embedderId, dimension: provider.dimension, at: Date.now() };
  failpoint("embed.before-commit");
  await settleAll([
    kept,
    pipeline.commit(async () => {
      // `ready` last: a chunk that says so has its line in `embeddings`.
      await addEmbeddings(pipeline, done);
      await updateDocuments(pipeline, done);
    }),
  ]);
  failpoint("embed.after-commit");
}

async function finish(pipeline: Pipeline, provider: EmbeddingProvider): Promise<void> {
  await pipeline.sync();
  await pipeline.commit(async () => {
    await writeMeta(pipeline, { embedder_id: provider.embedderId, dimension: provider.dimension });
    for (const table of [pipeline.documents, pipeline.embeddings, pipeline.meta]) await tidyTable(table);
  });
  await tidyCache(pipeline);
  await pipeline.sync();
}

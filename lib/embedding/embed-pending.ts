import type { RecordBatch } from "apache-arrow";
import { failpoint } from "../storage/failpoint.ts";
import { textValues } from "./arrow-values.ts";
import { assertLive } from "./assert-live.ts";
import { addCached, tidyCache } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { claimPending, inProgress, releaseClaim } from "./pending-rows.ts";
import { writeMeta } from "./pipeline-meta.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { type ResolvedVectors, resolveVectors } from "./resolve-vectors.ts";
import { settleAll } from "./settle-all.ts";
import { tidyTable } from "./tidy-table.ts";
import { addEmbeddings, splitVectors, updateDocuments } from "./write-vectors.ts";

export interface EmbedPendingOptions {
  pipeline: Pipeline;
  provider: EmbeddingProvider;
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
  const total = await claimPending(pipeline, provider.embedderId);
  failpoint("embed.after-claim");
  const result: EmbedResult = { chunks: total, embedded: 0, reused: 0, failed: 0 };
  progress?.({ done: 0, total, unit: "chunks" });
  try {
    for await (const batches of claimedChunks(pipeline)) {
      const outcome = await embedChunks(options, batches);
      result.embedded += outcome.made.hashes.length;
      result.reused += outcome.reused;
      result.failed += outcome.errors.filter((error) => error !== null).length;
      progress?.({ done: result.embedded + result.reused + result.failed, total, unit: "chunks" });
    }
  } catch (error) {
    await releaseClaim(pipeline, provider.embedderId);
    throw error;
  }
  await finish(pipeline, provider);
  return result;
}

/** Chunks in one commit: 12 MB of vectors. Twice as many save 5 % of the CPU and take 200 MB more memory. */
const chunksPerCommit = 4_096;

/** Reads the version right after the claim, so that what is committed meanwhile does not move under the scan. */
async function* claimedChunks(pipeline: Pipeline): AsyncGenerator<RecordBatch[], void, undefined> {
  const claimed = await pipeline.openDocumentsAt(await pipeline.documents.version());
  try {
    let batches: RecordBatch[] = [];
    let count = 0;
    // Lance gives about a thousand lines at a time.
    for await (const batch of claimed.query().where(inProgress)) {
      if (batch.numRows === 0) continue;
      batches.push(batch);
      count += batch.numRows;
      if (count < chunksPerCommit) continue;
      yield batches;
      batches = [];
      count = 0;
    }
    if (batches.length > 0) yield batches;
  } finally {
    claimed.close();
  }
}

async function embedChunks(options: EmbedPendingOptions, batches: RecordBatch[]): Promise<ResolvedVectors> {
  const { pipeline, provider, signal } = options;
  assertLive(signal);
  const contents = batches.flatMap((batch) => textValues(batch, "content"));
  const hashes = batches.flatMap((batch) => textValues(batch, "content_hash"));
  const resolved = await resolveVectors({ pipeline, provider, contents, hashes, signal });
  const parts = splitVectors(batches, resolved);
  const done = { parts, embedderId: provider.embedderId, dimension: provider.dimension, at: Date.now() };
  failpoint("embed.before-commit");
  await settleAll([
    addCached(pipeline, resolved.made),
    pipeline.commit(async () => {
      // `ready` last: a chunk that says so has its line in `embeddings`.
      await addEmbeddings(pipeline, done);
      await updateDocuments(pipeline, done);
    }),
  ]);
  failpoint("embed.after-commit");
  return resolved;
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

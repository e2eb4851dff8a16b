import type { Data, RecordBatch } from "apache-arrow";
import { failpoint } from "../storage/failpoint.ts";
import { arrowTable, repeatedText, textColumn, timeColumn, vectorColumn } from "./arrow-columns.ts";
import { textValues } from "./arrow-values.ts";
import { assertLive } from "./assert-live.ts";
import { addCached, tidyCache } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { claimPending, inProgress, releaseClaim } from "./pending-rows.ts";
import { writeMeta } from "./pipeline-meta.ts";
import { documentsSchema, embeddingsSchema } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { type ResolvedVectors, resolveVectors } from "./resolve-vectors.ts";
import { settleAll } from "./settle-all.ts";
import { tidyTable } from "./tidy-table.ts";

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
    for await (const batch of claimedBatches(pipeline)) {
      const outcome = await embedChunks(options, batch);
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

/** Reads the version right after the claim, so that what is committed meanwhile does not move under the scan. */
async function* claimedBatches(pipeline: Pipeline): AsyncGenerator<RecordBatch, void, undefined> {
  const claimed = await pipeline.openDocumentsAt(await pipeline.documents.version());
  try {
    // Lance gives up to 8,192 rows at a time: 24 MB of vectors, enough to make a commit's own cost small.
    for await (const batch of claimed.query().where(inProgress)) if (batch.numRows > 0) yield batch;
  } finally {
    claimed.close();
  }
}

async function embedChunks(options: EmbedPendingOptions, batch: RecordBatch): Promise<ResolvedVectors> {
  const { pipeline, provider, signal } = options;
  assertLive(signal);
  const contents = textValues(batch, "content");
  const hashes = textValues(batch, "content_hash");
  const resolved = await resolveVectors({ pipeline, provider, contents, hashes, signal });
  const embedded = { batch, hashes, resolved, embedderId: provider.embedderId, at: Date.now() };
  failpoint("embed.before-commit");
  await settleAll([
    addCached(pipeline, resolved.made),
    pipeline.commit(async () => {
      // `ready` last: a chunk that says so has its line in `embeddings`.
      await addEmbeddings(pipeline, embedded);
      await updateDocuments(pipeline, embedded);
    }),
  ]);
  failpoint("embed.after-commit");
  return resolved;
}

interface EmbeddedBatch {
  batch: RecordBatch;
  hashes: readonly string[];
  resolved: ResolvedVectors;
  embedderId: string;
  at: number;
}

async function addEmbeddings(pipeline: Pipeline, embedded: EmbeddedBatch): Promise<void> {
  const { batch, hashes, resolved, embedderId, at } = embedded;
  const good = [...hashes.keys()].filter((index) => resolved.errors[index] === null);
  if (good.length === 0) return;
  const dimension = resolved.vectors.length / hashes.length;
  const columns = [
    pickTexts(batch, "id", good),
    repeatedText(embedderId, good.length),
    pickTexts(batch, "content_hash", good),
    timeColumn(good.map(() => at)),
    vectorColumn({ vectors: goodVectors(resolved, good), dimension, present: good.map(() => true) }),
  ];
  await pipeline.embeddings.add(arrowTable(embeddingsSchema, columns));
}

/** The column as it was read, or the given lines of it. */
function pickTexts(batch: RecordBatch, name: string, lines: readonly number[]): Data {
  if (lines.length === batch.numRows) return columnOf(batch, name);
  const values = textValues(batch, name);
  return textColumn(lines.map((line) => values[line] ?? ""));
}

function columnOf(batch: RecordBatch, name: string): Data {
  const column = batch.getChild(name)?.data[0];
  if (column === undefined) throw new Error(`documents has no column ${name}`);
  return column;
}

function goodVectors({ vectors, errors }: ResolvedVectors, good: readonly number[]): Float32Array {
  if (good.length === errors.length) return vectors;
  const dimension = vectors.length / errors.length;
  const kept = new Float32Array(good.length * dimension);
  for (const [position, index] of good.entries()) {
    kept.set(vectors.subarray(index * dimension, (index + 1) * dimension), position * dimension);
  }
  return kept;
}

/** Replaces the batch's rows whole: the columns that stay are passed on as they were read. */
async function updateDocuments(pipeline: Pipeline, embedded: EmbeddedBatch): Promise<void> {
  const { batch, resolved, embedderId, at } = embedded;
  const { errors, vectors } = resolved;
  const present = errors.map((error) => error === null);
  const changed = new Map([
    ["vector", vectorColumn({ vectors, dimension: vectors.length / errors.length, present })],
    ["embedding_status", textColumn(present.map((isPresent) => (isPresent ? "ready" : "error")))],
    ["embedding_error", textColumn(errors)],
    ["embedding_version", repeatedText(embedderId, errors.length)],
    ["embedded_at", timeColumn(present.map((isPresent) => (isPresent ? at : null)))],
  ]);
  const columns = documentsSchema.fields.map(({ name }) => changed.get(name) ?? columnOf(batch, name));
  await pipeline.documents
    .mergeInsert("id")
    .whenMatchedUpdateAll()
    .useIndex(false)
    .execute(arrowTable(documentsSchema, columns));
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

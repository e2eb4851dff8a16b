import { arrow } from "../dataset/arrow.ts";

export const embeddingStatuses = ["new", "in_progress", "ready", "error"] as const;
export const indexStatuses = ["stale", "training", "building", "ready", "error"] as const;

/** Vectors compress by a third at best, and trying to costs as much CPU as all the rest of a write. */
const uncompressed = new Map([["lance-encoding:compression", "none"]]);

/** Lists, not lists of one fixed size: embedders differ in dimension, and a missing vector takes no space. */
export const vectorType = new arrow.List(new arrow.Field("item", new arrow.Float32(), true, uncompressed));

/** Recorded by Lance, not enforced: only one writer at a time keeps the ids unique. */
const primaryKey = new Map([["lance-schema:unenforced-primary-key", "true"]]);

const text = (name: string) => new arrow.Field(name, new arrow.Utf8(), false);
const optionalText = (name: string) => new arrow.Field(name, new arrow.Utf8(), true);
const count = (name: string) => new arrow.Field(name, new arrow.Int32(), false);
const time = (name: string) => new arrow.Field(name, new arrow.TimestampMillisecond(), false);

/** One chunk each; a row without text has one line with `total_chunks` 0. `id` is `<row id>-<chunk_index>`. */
export const documentsSchema = new arrow.Schema([
  new arrow.Field("id", new arrow.Utf8(), false, primaryKey),
  text("doc_id"),
  text("doc_path"),
  text("category"),
  text("category_text"),
  text("content"),
  count("chunk_index"),
  count("total_chunks"),
  new arrow.Field("vector", vectorType, true),
  text("content_hash"),
  text("embedding_status"),
  optionalText("embedding_error"),
  optionalText("embedding_version"),
  new arrow.Field("embedded_at", new arrow.TimestampMillisecond(), true),
  text("index_status"),
  optionalText("index_version"),
]);

/** One vector for each chunk and embedder that is done. */
export const embeddingsSchema = new arrow.Schema([
  text("id"),
  text("embedder_id"),
  text("content_hash"),
  time("embedded_at"),
  new arrow.Field("vector", vectorType, false),
]);

/** One vector for each different text and embedder, shared by all indexes of a bucket. */
export const embCacheSchema = new arrow.Schema([
  text("content_hash"),
  text("embedder_id"),
  time("created_at"),
  new arrow.Field("vector", vectorType, false),
]);

export const metaSchema = new arrow.Schema([
  new arrow.Field("key", new arrow.Utf8(), false, primaryKey),
  text("value"),
  time("updated_at"),
]);

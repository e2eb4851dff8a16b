import { Field, Float32, Int32, List, Schema, TimestampMillisecond, Utf8 } from "apache-arrow";

export const embeddingStatuses = ["new", "in_progress", "ready", "error"] as const;
export const indexStatuses = ["stale", "training", "building", "ready", "error"] as const;

/** Vectors compress by a third at best, and trying to costs as much CPU as all the rest of a write. */
const uncompressed = new Map([["lance-encoding:compression", "none"]]);

/** Lists, not lists of one fixed size: embedders differ in dimension, and a missing vector takes no space. */
export const vectorType = new List(new Field("item", new Float32(), true, uncompressed));

/** Recorded by Lance, not enforced: only one writer at a time keeps the ids unique. */
const primaryKey = new Map([["lance-schema:unenforced-primary-key", "true"]]);

const text = (name: string) => new Field(name, new Utf8(), false);
const optionalText = (name: string) => new Field(name, new Utf8(), true);
const count = (name: string) => new Field(name, new Int32(), false);
const time = (name: string) => new Field(name, new TimestampMillisecond(), false);

/** One chunk each; a row without text has one line with `total_chunks` 0. `id` is `<row id>-<chunk_index>`. */
export const documentsSchema = new Schema([
  new Field("id", new Utf8(), false, primaryKey),
  text("doc_id"),
  text("doc_path"),
  text("category"),
  text("category_text"),
  text("content"),
  count("chunk_index"),
  count("total_chunks"),
  new Field("vector", vectorType, true),
  text("content_hash"),
  text("embedding_status"),
  optionalText("embedding_error"),
  optionalText("embedding_version"),
  new Field("embedded_at", new TimestampMillisecond(), true),
  text("index_status"),
  optionalText("index_version"),
]);

/** One vector for each chunk and embedder that is done. */
export const embeddingsSchema = new Schema([
  text("id"),
  text("embedder_id"),
  text("content_hash"),
  time("embedded_at"),
  new Field("vector", vectorType, false),
]);

/** One vector for each different text and embedder, shared by all indexes of a bucket. */
export const embCacheSchema = new Schema([
  text("content_hash"),
  text("embedder_id"),
  time("created_at"),
  new Field("vector", vectorType, false),
]);

export const metaSchema = new Schema([
  new Field("key", new Utf8(), false, primaryKey),
  text("value"),
  time("updated_at"),
]);

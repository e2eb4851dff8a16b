import { z } from "zod";

/** Column types a dataset can have. `json` is text that holds one JSON value; `decimal` keeps its scale in `detail`. */
export const ColumnType = z.enum([
  "boolean",
  "bigint",
  "double",
  "decimal",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "varchar",
  "json",
  "blob",
]);
export type ColumnType = z.infer<typeof ColumnType>;

export const Column = z.strictObject({
  name: z.string().min(1),
  type: ColumnType,
  /** The engine's own type where `type` is wider: `DECIMAL(10,2)`. */
  detail: z.string().optional(),
});
export type Column = z.infer<typeof Column>;

/** One Parquet file of rows. Row `n` of the file (from 0) has row id `firstRowId + n`; the id is not stored. */
export const RowFile = z.strictObject({
  key: z.string(),
  kind: z.enum(["base", "delta"]),
  firstRowId: z.int().nonnegative(),
  rowCount: z.int().nonnegative(),
  byteCount: z.int().nonnegative(),
  checksum: z.string(),
  columns: z.array(Column),
});
export type RowFile = z.infer<typeof RowFile>;

/** A Parquet file with one BIGINT column `row_id`: the rows that a later write replaced or deleted. */
export const TombstoneFile = z.strictObject({
  key: z.string(),
  rowCount: z.int().nonnegative(),
  byteCount: z.int().nonnegative(),
  checksum: z.string(),
});
export type TombstoneFile = z.infer<typeof TombstoneFile>;

/**
 * `sync`: the rows are the whole truth, compared by key; those whose key is missing leave. `delete`: rows with the keys
 * leave. In `sync` and `upsert` a row that is equal stays under its id.
 */
export const WriteMode = z.enum(["replace", "append", "upsert", "sync", "delete"]);
export type WriteMode = z.infer<typeof WriteMode>;

/** What one write did; the job's result repeats it. */
export const IngestSummary = z.strictObject({
  ingestId: z.string(),
  mode: WriteMode,
  source: z.strictObject({ kind: z.enum(["file", "folder", "rows"]), name: z.string(), format: z.string() }),
  contentHash: z.string(),
  at: z.string(),
  rowsAdded: z.int().nonnegative(),
  rowsUpdated: z.int().nonnegative(),
  rowsRemoved: z.int().nonnegative(),
  rowsRejected: z.int().nonnegative(),
  /** Of writes that compare rows: those that were there and equal. */
  rowsUnchanged: z.int().nonnegative().optional(),
  /** Key of the JSONL file that holds the rejected rows, each with its place and reason. */
  rejectsKey: z.string().optional(),
});
export type IngestSummary = z.infer<typeof IngestSummary>;

/** One committed state of a dataset: document `version` of the commit log `datasets/<name>/versions/`. */
export const DatasetVersion = z.strictObject({
  schemaVersion: z.literal(1),
  dataset: z.string(),
  /** Equals the commit's number. */
  version: z.int().positive(),
  columns: z.array(Column),
  /** Live rows: rows of all files less the tombstones. */
  rowCount: z.int().nonnegative(),
  nextRowId: z.int().nonnegative(),
  files: z.array(RowFile),
  tombstones: z.array(TombstoneFile),
  /** The version at which the rows were last replaced as a whole; same-content checks look no further back. */
  epoch: z.int().positive(),
  /** The column whose value is the row's `doc_id` in search; the row id where it is not set. */
  idColumn: z.string().optional(),
  textColumns: z.array(z.string()),
  metadataColumns: z.array(z.string()),
  keyColumn: z.string().optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  tags: z.array(z.string()).default([]),
  /** The write that made this version. */
  ingest: IngestSummary,
});
export type DatasetVersion = z.infer<typeof DatasetVersion>;

import { z } from "zod";
import { SensitiveCategory, SensitiveKind } from "../sensitivity/sensitive-kind.ts";
import { Column } from "./column.ts";
import { RowContract } from "./contract/row-contract.ts";
import { Evolution, EvolvedColumn } from "./evolution/evolution.ts";
import { SchemaDrift } from "./evolution/schema-drift.ts";
import { Freshness } from "./freshness.ts";

export { Column, ColumnType } from "./column.ts";

/** One Parquet file of rows. Row `n` of the file (from 0) has row id `firstRowId + n`; the id is not stored. */
export const RowFile = z.strictObject({
  key: z.string(),
  kind: z.enum(["base", "delta"]),
  firstRowId: z.int().nonnegative(),
  rowCount: z.int().nonnegative(),
  byteCount: z.int().nonnegative(),
  checksum: z.string(),
  columns: z.array(Column),
  /** Dataset columns that are not the file's column of equal name any more, for what was decided since it was written. */
  evolved: z.array(EvolvedColumn).optional(),
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
  source: z.strictObject({
    kind: z.enum(["file", "folder", "rows", "database"]),
    name: z.string(),
    format: z.string(),
  }),
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
  /** How the columns that came in were others than the dataset had. */
  drift: SchemaDrift.optional(),
});
export type IngestSummary = z.infer<typeof IngestSummary>;

/** What one column holds that people must look after; what a person said of it wins. */
export const ColumnSensitivity = z.strictObject({
  column: z.string(),
  found: z.array(
    z.strictObject({
      kind: SensitiveKind,
      category: SensitiveCategory,
      confidence: z.number().min(0).max(1),
      byName: z.number(),
      share: z.number(),
      sampled: z.int().nonnegative(),
    }),
  ),
  override: z.strictObject({ kinds: z.array(SensitiveKind), at: z.string() }).optional(),
});
export type ColumnSensitivity = z.infer<typeof ColumnSensitivity>;

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
  /** By source: up to which value of its cursor column its rows are here. */
  watermarks: z.record(z.string(), z.string()).optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  tags: z.array(z.string()).default([]),
  /** Columns of which something was found or said. */
  sensitivity: z.array(ColumnSensitivity).optional(),
  /** What new rows must keep to. */
  contract: RowContract.optional(),
  freshness: Freshness.optional(),
  /** The change of the columns that made this version, where it was one. */
  evolution: Evolution.optional(),
  /** The last write of rows. */
  ingest: IngestSummary,
});
export type DatasetVersion = z.infer<typeof DatasetVersion>;

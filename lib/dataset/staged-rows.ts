import type { Column } from "./dataset-version.ts";

/**
 * Rows that stand in a scratch folder, ready to be committed. Column names are unique without regard to case and not
 * empty. Committing moves the files away.
 */
export interface StagedRows {
  parquetPath: string;
  /** In the order of the Parquet file's own columns. */
  columns: Column[];
  rowCount: number;
  /** JSONL, one rejected row each: `{row?, line?, byte?, column?, reason, text}`. */
  rejects?: { path: string; rowCount: number };
}

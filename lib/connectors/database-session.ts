import type { ColumnType } from "../dataset/dataset-version.ts";
import type { ColumnPlan } from "./column-plan.ts";
import type { RowStage } from "./row-stage.ts";

/** One statement of a read. Expressions are ready for the server's SQL. */
export interface RowSelection {
  columns: readonly ColumnPlan[];
  /** Rows at or past this value, or with none; a text that the server reads back as the column's type. */
  from?: { sql: string; value: string } | undefined;
  orderBy: readonly { sql: string; descending: boolean }[];
  limit?: number | undefined;
}

/** One connection in one read-only transaction, so that all its reads see one snapshot of the database. */
export interface DatabaseSession {
  /** What the relation has, in its order. */
  columns: readonly { name: string; sql: string }[];
  primaryKey: string | undefined;
  plan(column: string, wider: ColumnType | undefined): ColumnPlan;
  /** Decodes every row into the stage; `onRows` is called now and then. Throws `TypeTooNarrow` and domain errors. */
  read(selection: RowSelection, stage: RowStage, onRows: () => void): Promise<void>;
  /** What could not be kept as it was: column and reason, with the number of values. */
  notes(): readonly ValueNote[];
  close(): Promise<void>;
}

export interface ValueNote {
  column: string;
  /** `zero-date`: a date without a day, which is staged as NULL. */
  reason: "zero-date";
  count: number;
}

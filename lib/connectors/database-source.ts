import type { DatabaseAddress } from "./dsn.ts";

/** Where rows come from: one table, or one query that reads. */
export type DatabaseRelation = { table: string } | { query: string };

export interface DatabaseSource {
  address: DatabaseAddress;
  from: DatabaseRelation;
  /** Absent: all. The database's own spelling, or another one of case where that is unambiguous. */
  columns?: readonly string[] | undefined;
  /** `column` or `column desc`. */
  orderBy?: readonly string[] | undefined;
  limit?: number | undefined;
  /** Rows whose value of `column` is at or past `value`, or is no value to compare; absent `value`: all, in its order. */
  cursor?: { column: string; value?: string | undefined } | undefined;
  /** The server ends a statement that takes longer. */
  timeoutMs: number;
}

import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { columnNames, IngestRequest, parseRequest } from "./ingest-request.ts";

const Whole = z.coerce.number().int();
/** A longer one is a program, and belongs into a view. */
const queryCharactersMax = 100_000;
const defaultTimeoutSeconds = 3_600;

/** What a client may say about an ingest from a database. */
export const DatabaseRequest = z.strictObject({
  ...IngestRequest.shape,
  /** By default `sync`: the dataset becomes what the source holds, compared by key; with a cursor `upsert`. */
  mode: z.enum(["replace", "append", "upsert", "sync"]).optional(),
  dsn: z.string().min(1).max(4_096).optional(),
  secret: z.string().min(1).max(100).optional(),
  table: z.string().min(1).max(400).optional(),
  query: z.string().min(1).max(queryCharactersMax).optional(),
  columns: columnNames(1_600).optional(),
  order_by: columnNames(64).optional(),
  limit: Whole.min(1).optional(),
  /** A column that grows with every change of a row: only rows at or past the last value are read again. */
  cursor: z.string().min(1).max(1_000).optional(),
  batch_size: Whole.min(1).max(1_000_000).optional(),
  timeout_seconds: Whole.min(1).max(21_600).default(defaultTimeoutSeconds),
});
export type DatabaseRequest = z.infer<typeof DatabaseRequest>;

/** Parses the fields, and refuses those that contradict each other. */
export function parseDatabaseRequest(fields: Record<string, unknown>): DatabaseRequest {
  const request = parseRequest(DatabaseRequest, fields);
  if ((request.dsn === undefined) === (request.secret === undefined)) {
    throw contradiction("dsn", "Give either dsn, or the name of a secret that holds one.");
  }
  if ((request.table === undefined) === (request.query === undefined)) {
    throw contradiction("table", "Give either a table or a query.");
  }
  if (request.mode === "upsert" && request.key === undefined && request.cursor === undefined) {
    throw contradiction("key", "An upsert needs key, the column whose value identifies a row.");
  }
  if (request.cursor === undefined) return request;
  if (request.mode !== undefined && request.mode !== "upsert") {
    throw contradiction("mode", "With a cursor rows are upserted by their key.");
  }
  if (request.limit !== undefined) throw contradiction("limit", "With a cursor every changed row is read.");
  if (request.order_by !== undefined) throw contradiction("order_by", "A cursor has its own order.");
  return request;
}

function contradiction(field: string, message: string): DomainError {
  return new DomainError({ kind: "invalid", type: "request-invalid", field, message });
}

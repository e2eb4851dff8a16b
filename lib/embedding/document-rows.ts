import type { Table } from "apache-arrow";
import {
  arrowTable,
  countColumn,
  repeatedText,
  textColumn,
  timeColumn,
  vectorColumn,
} from "./arrow-columns.ts";
import { contentHash } from "./content-hash.ts";
import { documentsSchema } from "./pipeline-schema.ts";

/** What a chunk brings into `documents`; the rest of the columns say how far it has come. */
export interface DocumentRow {
  rowId: number;
  docId: string;
  docPath: string;
  category: string;
  content: string;
  chunkIndex: number;
  /** 0 for the one line of a row without text. */
  totalChunks: number;
}

/** Vectors that came with their rows: one for each whose error is null, back to back with room for the others. */
export interface BroughtVectors {
  embedderId: string;
  dimension: number;
  vectors: Float32Array;
  /** Why a row's vector cannot be stored, null where it can be, undefined for a row that has none yet. */
  errors: readonly (string | null | undefined)[];
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * Rows as they enter: `new`, or `ready` without a vector where there is no text to embed. With their vectors they
 * enter as done or as failed, and those without one as new.
 */
export function newDocuments(rows: readonly DocumentRow[], brought?: BroughtVectors): Table {
  const nothing = rows.map(() => null);
  const present = rows.map((_, place) => brought?.errors[place] === null);
  const categories = rows.map((row) => row.category);
  return arrowTable(documentsSchema, [
    textColumn(rows.map((row) => `${row.rowId}-${row.chunkIndex}`)),
    textColumn(rows.map((row) => row.docId)),
    textColumn(rows.map((row) => row.docPath)),
    // Not one column twice: Arrow writes shared empty buffers so that the columns behind them cannot be read.
    textColumn(categories),
    textColumn(categories),
    textColumn(rows.map((row) => row.content)),
    countColumn(rows.map((row) => row.chunkIndex)),
    countColumn(rows.map((row) => row.totalChunks)),
    vectorColumn({
      vectors: brought?.vectors ?? new Float32Array(0),
      dimension: brought?.dimension ?? 0,
      present,
    }),
    textColumn(rows.map((row) => contentHash(row.content))),
    textColumn(rows.map((row, place) => statusOf(row, brought?.errors[place]))),
    textColumn(rows.map((_, place) => brought?.errors[place] ?? null)),
    textColumn(rows.map((_, place) => (brought?.errors[place] === undefined ? null : brought.embedderId))),
    timeColumn(present.map((isPresent) => (isPresent ? (brought?.at ?? null) : null))),
    repeatedText("stale", rows.length),
    textColumn(nothing),
  ]);
}

function statusOf({ totalChunks }: DocumentRow, error: string | null | undefined): string {
  if (error === undefined) return totalChunks === 0 ? "ready" : "new";
  return error === null ? "ready" : "error";
}

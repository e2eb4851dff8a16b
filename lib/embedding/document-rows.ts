import type { Table } from "apache-arrow";
import { checksumBytes } from "../storage/checksum.ts";
import {
  arrowTable,
  countColumn,
  repeatedText,
  textColumn,
  timeColumn,
  vectorColumn,
} from "./arrow-columns.ts";
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

/** Hash of a chunk's text and nothing else, so that equal texts of any index share one vector. */
export function contentHash(content: string): string {
  return checksumBytes(content);
}

/** Rows as they enter: `new`, or `ready` without a vector where there is no text to embed. */
export function newDocuments(rows: readonly DocumentRow[]): Table {
  const nothing = rows.map(() => null);
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
    vectorColumn({ vectors: new Float32Array(0), dimension: 0, present: rows.map(() => false) }),
    textColumn(rows.map((row) => contentHash(row.content))),
    textColumn(rows.map((row) => (row.totalChunks === 0 ? "ready" : "new"))),
    textColumn(nothing),
    textColumn(nothing),
    timeColumn(nothing),
    repeatedText("stale", rows.length),
    textColumn(nothing),
  ]);
}

import { stat } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../../dataset/dataset-version.ts";
import { createStagingTable } from "../staging-table.ts";
import type { DocumentAnswer } from "./document-answer.ts";

/** The columns of a dataset of documents, one row each; `path` is the key. */
export const documentColumns: Column[] = [
  { name: "path", type: "varchar" },
  { name: "name", type: "varchar" },
  { name: "type", type: "varchar" },
  { name: "modified_at", type: "timestamp" },
  { name: "byte_size", type: "bigint" },
  { name: "content_hash", type: "varchar" },
  { name: "title", type: "varchar" },
  { name: "content", type: "varchar" },
  { name: "page_count", type: "bigint" },
];

export interface DocumentRow {
  /** Where the file lies, for its time of change. */
  file: string;
  path: string;
  name: string;
  type: string;
  document: Extract<DocumentAnswer, { ok: true }>;
}

/** A table of documents: `add` for each, then `write` once. */
export async function createDocumentTable(connection: DuckDBConnection) {
  const { DuckDBTimestampValue } = await import("@duckdb/node-api");
  const table = await createStagingTable(connection, documentColumns);
  return {
    async add({ file, path, name, type, document }: DocumentRow): Promise<void> {
      const { mtimeMs } = await stat(file);
      const modifiedAt = new DuckDBTimestampValue(BigInt(Math.trunc(mtimeMs * 1000)));
      const { byteCount, contentHash, title, content, pageCount } = document;
      const pages = pageCount === null ? null : BigInt(pageCount);
      const values = [path, name, type, modifiedAt, BigInt(byteCount), contentHash, title, content, pages];
      table.add(values, content.length);
    },
    write: (parquetPath: string) => table.write(parquetPath),
  };
}

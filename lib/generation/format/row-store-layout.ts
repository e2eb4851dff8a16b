import type { ColumnType } from "../../dataset/dataset-version.ts";

/** Files of a segment. This one, of SQLite, holds what a hit shows and what a filter reads. */
export const rowStoreFile = "rows.sqlite";

/** The ranked word index beside it, and the folder that the vector backend fills. */
export const lexicalFile = "lexical.bin";
export const vectorFolder = "vectors";

/** The generation's own file, of SQLite too: which rows are indexed, and why the others are not. */
export const ledgerFile = "ledger.sqlite";

export interface MetadataColumn {
  name: string;
  type: ColumnType;
}

/** Metadata columns beyond these are filtered by a scan: each index costs the build as much as the column itself. */
const indexedColumnsMax = 16;

/** A metadata column's name inside the generation. A dataset's own names may differ in case only, or hold quotes. */
export function metadataColumnName(position: number): string {
  return `m${position}`;
}

/** How a dataset's type is stored: numbers compare as numbers, all else as text (dates and times in ISO 8601). */
export function storedType(type: ColumnType): "INTEGER" | "REAL" | "TEXT" {
  if (type === "boolean" || type === "bigint") return "INTEGER";
  return type === "double" || type === "decimal" ? "REAL" : "TEXT";
}

/** The column as a vector backend keeps it beside its vectors, so that one condition fits both. */
export function storedMetadata(column: MetadataColumn, position: number): { name: string; type: string } {
  const type = { INTEGER: "bigint", REAL: "double", TEXT: "varchar" }[storedType(column.type)];
  return { name: metadataColumnName(position), type };
}

/** Tables without their indexes, which are cheaper to build once all rows are in. `text` is last: filters never read it. */
export function createTablesSql(columns: readonly MetadataColumn[]): string {
  const metadata = columns.map(
    (column, position) => `${metadataColumnName(position)} ${storedType(column.type)},`,
  );
  return `
    CREATE TABLE chunk(
      ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL, row_id INTEGER NOT NULL, doc_id TEXT NOT NULL,
      chunk_index INTEGER NOT NULL, ${metadata.join(" ")} text TEXT NOT NULL
    );
    CREATE TABLE metadata_column(
      position INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, wide INTEGER NOT NULL
    );`;
}

export const createLedgerSql = `
  CREATE TABLE row_state(
    row_id INTEGER PRIMARY KEY, doc_id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
  );
  CREATE TABLE indexed_range(first INTEGER PRIMARY KEY, last INTEGER NOT NULL);`;

export function createIndexesSql(columns: readonly MetadataColumn[]): string[] {
  return [
    "CREATE INDEX chunk_doc_id ON chunk(doc_id)",
    // Finds a dead row's chunks, and lists all rows, without reading the texts.
    "CREATE INDEX chunk_row_id ON chunk(row_id)",
    ...columns
      .map((column, position) => ({ type: column.type, name: metadataColumnName(position) }))
      .filter((column) => column.type !== "json" && column.type !== "blob")
      .slice(0, indexedColumnsMax)
      .map(({ name }) => `CREATE INDEX chunk_${name} ON chunk(${name})`),
  ];
}

import { encodeMetadata, type StoredValue } from "../format/metadata-value.ts";
import {
  createIndexesSql,
  createTablesSql,
  type MetadataColumn,
  metadataColumnName,
} from "../format/row-store-layout.ts";
import { inTransaction, openNewDatabase } from "./new-database.ts";

export interface ChunkRecord {
  id: string;
  rowId: number;
  docId: string;
  chunkIndex: number;
  text: string;
  /** One value per metadata column, in the columns' order. */
  metadata: readonly unknown[];
}

export interface RowStoreWriter {
  /**
   * Appends chunks of whole-indexed rows, ascending by row id over all calls; the first one has ordinal 0. One
   * transaction per call. Gives the metadata as stored, one list per column under its name in the generation.
   */
  addChunks(chunks: readonly ChunkRecord[]): Record<string, StoredValue[]>;
  /** Writes the indexes and closes the file. It is not synced: the generation's publication does that. */
  finish(): void;
  /** Closes a file that is not going to be used. */
  abandon(): void;
}

/** Writes a new row store. It has no journal, because a generation that was not finished is never opened. */
export function createRowStoreWriter(path: string, columns: readonly MetadataColumn[]): RowStoreWriter {
  const database = openNewDatabase(path);
  // 8 KiB pages hold a chunk of usual length without an overflow page; 32 MiB of cache covers the index build.
  database.exec("PRAGMA page_size=8192; PRAGMA cache_size=-32768");
  database.exec(createTablesSql(columns));
  const wide = columns.map(() => false);
  const names = columns.map((_, position) => `${metadataColumnName(position)}, `).join("");
  const insertChunk = database.prepare(
    `INSERT INTO chunk(ordinal, id, row_id, doc_id, chunk_index, ${names}text)
     VALUES (${Array(6 + columns.length)
       .fill("?")
       .join(",")})`,
  );
  let ordinal = 0;

  const encode = (column: MetadataColumn, position: number, chunks: readonly ChunkRecord[]) =>
    chunks.map((chunk) => {
      const value = encodeMetadata(column.type, chunk.metadata[position]);
      if (typeof value === "bigint" && !Number.isSafeInteger(Number(value))) wide[position] = true;
      return value;
    });

  return {
    addChunks(chunks) {
      const stored = columns.map((column, position) => encode(column, position, chunks));
      inTransaction(database, () => {
        for (const [place, chunk] of chunks.entries()) {
          const { id, rowId, docId, chunkIndex, text } = chunk;
          const metadata = stored.map((values) => values[place] ?? null);
          insertChunk.run(ordinal++, id, rowId, docId, chunkIndex, ...metadata, text);
        }
      });
      return Object.fromEntries(stored.map((values, position) => [metadataColumnName(position), values]));
    },
    finish() {
      inTransaction(database, () => {
        const insert = database.prepare(
          "INSERT INTO metadata_column(position, name, type, wide) VALUES (?,?,?,?)",
        );
        columns.forEach((column, position) => {
          insert.run(position, column.name, column.type, wide[position] ? 1 : 0);
        });
        for (const sql of createIndexesSql(columns)) database.exec(sql);
      });
      database.close();
    },
    abandon: () => database.close(),
  };
}

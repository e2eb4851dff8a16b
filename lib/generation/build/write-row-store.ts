import { DatabaseSync } from "node:sqlite";
import type { MissingRow } from "../accounting.ts";
import { encodeMetadata, type StoredValue } from "../format/metadata-value.ts";
import {
  createIndexesSql,
  createTablesSql,
  type MetadataColumn,
  metadataColumnName,
} from "../format/row-store-layout.ts";

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
  addMissing(rows: readonly MissingRow[]): void;
  /** Writes the indexes and closes the file. It is not synced: the generation's publication does that. */
  finish(): void;
  /** Closes a file that is not going to be used. */
  abandon(): void;
}

/** Writes a new row store. It has no journal, because a generation that was not finished is never opened. */
export function createRowStoreWriter(path: string, columns: readonly MetadataColumn[]): RowStoreWriter {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE");
  // 8 KiB pages hold a chunk of usual length without an overflow page; 32 MiB of cache covers the index build.
  database.exec("PRAGMA page_size=8192; PRAGMA cache_size=-32768");
  database.exec(createTablesSql(columns));
  const wide = columns.map(() => false);
  const ranges = createRangeWriter(database);
  const names = columns.map((_, position) => `${metadataColumnName(position)}, `).join("");
  const insertChunk = database.prepare(
    `INSERT INTO chunk(ordinal, id, row_id, doc_id, chunk_index, ${names}text)
     VALUES (${Array(6 + columns.length)
       .fill("?")
       .join(",")})`,
  );
  const insertState = database.prepare(
    "INSERT INTO row_state(row_id, doc_id, state, reason) VALUES (?,?,?,?)",
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
          ranges.add(rowId);
        }
      });
      return Object.fromEntries(stored.map((values, position) => [metadataColumnName(position), values]));
    },
    addMissing(rows) {
      inTransaction(database, () => {
        for (const row of rows) insertState.run(row.rowId, row.docId, row.state, row.reason);
      });
    },
    finish() {
      inTransaction(database, () => {
        ranges.flush();
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

/** Row ids are mostly consecutive, so runs of them take a few rows where a list would take one each. */
function createRangeWriter(database: DatabaseSync) {
  const insert = database.prepare("INSERT INTO indexed_range(first, last) VALUES (?,?)");
  let open: { first: number; last: number } | undefined;
  const flush = () => {
    if (open !== undefined) insert.run(open.first, open.last);
    open = undefined;
  };
  const add = (rowId: number) => {
    if (open !== undefined && rowId <= open.last + 1) {
      open.last = rowId;
      return;
    }
    flush();
    open = { first: rowId, last: rowId };
  };
  return { add, flush };
}

function inTransaction(database: DatabaseSync, task: () => void): void {
  database.exec("BEGIN");
  task();
  database.exec("COMMIT");
}

import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ColumnType } from "../../dataset/dataset-version.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { RowFilter } from "../../vector/vector-index.ts";
import { decodeMetadata } from "../format/metadata-value.ts";
import { type MetadataColumn, metadataColumnName } from "../format/row-store-layout.ts";
import { openImmutable } from "./open-immutable.ts";

export interface StoredChunk {
  id: string;
  doc_id: string;
  chunk_index: number;
  text: string;
  metadata: Record<string, unknown>;
}

/** The rows of one segment, read-only. Its calls are synchronous and short, but for those that yield between slices. */
export interface SegmentRows {
  readonly chunkCount: number;
  readonly columns: readonly StoredColumn[];
  /** The chunks at these places, in the same order. */
  fetch(places: ArrayLike<number>): StoredChunk[];
  /** The rows of `chunk` where a condition over its metadata columns holds (see `compileFilter`). */
  select(where: string, options?: { signal?: AbortSignal | undefined }): Promise<RowFilter>;
  /** The rows that have chunks, each id once and ascending, with the place of its first chunk; a slice at a time. */
  rowPlaces(): AsyncIterable<{ rowIds: Float64Array; places: Uint32Array }>;
  /** Places of all chunks of these rows, ascending; rows that are not here have none. */
  placesOf(rowIds: Float64Array): Promise<Uint32Array>;
  close(): void;
}

export interface StoredColumn extends MetadataColumn {
  /** Holds an integer that a JavaScript number would round, so the column is read as text. */
  wide: boolean;
}

/** Ordinals looked at between two turns of the event loop: about 10 ms where every row matches. A multiple of 32. */
const sliceSize = 32_768;
/** Lookups between two turns of the event loop: about 10 ms. */
const rowsPerTurn = 2_048;
/** SQLite's own ceiling; a larger file is mapped up to here and read beyond. */
const mappedBytesMax = 2_147_418_112;

/** Opens a published row store. Its checksum must have been verified: SQLite trusts an immutable file. */
export function openRowStore(path: string): SegmentRows {
  const database = openImmutable(path);
  database.exec(`PRAGMA mmap_size=${mappedBytesMax}; PRAGMA case_sensitive_like=ON`);
  const columns = readColumns(database);
  const chunkCount = countOf(database, "SELECT coalesce(max(ordinal) + 1, 0) FROM chunk");
  const fetchOne = arrayStatement(database, fetchSql(columns));
  const findPlaces = arrayStatement(database, "SELECT ordinal FROM chunk WHERE row_id = ?");

  return {
    chunkCount,
    columns,
    fetch(places) {
      const chunks: StoredChunk[] = [];
      for (let position = 0; position < places.length; position += 1) {
        const row = fetchOne.get(places[position] ?? -1) as unknown[] | undefined;
        if (row === undefined) throw damaged(`has no chunk in place ${places[position]}`);
        chunks.push(chunkFrom(row, columns));
      }
      return chunks;
    },
    select: (where, options) => selectRows(database, { where, chunkCount, signal: options?.signal }),
    rowPlaces: () => readRowPlaces(database),
    async placesOf(rowIds) {
      const places: number[] = [];
      for (let start = 0; start < rowIds.length; start += rowsPerTurn) {
        if (start > 0) await nextTurn();
        for (const rowId of rowIds.subarray(start, start + rowsPerTurn)) {
          for (const row of findPlaces.all(rowId) as unknown as [number][]) places.push(row[0]);
        }
      }
      return Uint32Array.from(places).sort();
    },
    close: () => database.close(),
  };
}

interface SelectOptions {
  where: string;
  chunkCount: number;
  signal: AbortSignal | undefined;
}

async function selectRows(database: DatabaseSync, options: SelectOptions): Promise<RowFilter> {
  const { where, chunkCount, signal } = options;
  const statement = arrayStatement(
    database,
    `SELECT ordinal FROM chunk WHERE ordinal >= ? AND ordinal < ? AND (${where})`,
  );
  const bits = new Uint32Array((chunkCount + 31) >>> 5);
  let matchCount = 0;
  for (let start = 0; start < chunkCount; start += sliceSize) {
    if (start > 0) await nextTurn();
    signal?.throwIfAborted();
    for (const row of statement.iterate(start, start + sliceSize) as Iterable<unknown>) {
      const ordinal = (row as [number])[0];
      const word = ordinal >>> 5;
      bits[word] = (bits[word] ?? 0) | (1 << (ordinal & 31));
      matchCount += 1;
    }
  }
  return { bits, matchCount, where };
}

/** Reads the index over row ids alone. A row's chunks follow each other, so the first tells where all of them are. */
async function* readRowPlaces(
  database: DatabaseSync,
): AsyncGenerator<{ rowIds: Float64Array; places: Uint32Array }> {
  // One text for all numbers: taking them over row by row costs five times as much.
  const statement = arrayStatement(
    database,
    `SELECT json_group_array(row_id), json_group_array(place) FROM (
      SELECT row_id, min(ordinal) AS place FROM chunk WHERE row_id > ? GROUP BY row_id ORDER BY row_id LIMIT ?)`,
  );
  for (let last = -1; ; ) {
    const [rowIds, places] = (statement.get(last, sliceSize) as unknown as [string, string]).map(
      parseNumbers,
    );
    if (rowIds === undefined || places === undefined || rowIds.length === 0) return;
    yield { rowIds: Float64Array.from(rowIds), places: Uint32Array.from(places) };
    last = rowIds.at(-1) ?? last;
    await nextTurn();
  }
}

function parseNumbers(text: string): number[] {
  return JSON.parse(text);
}

function readColumns(database: DatabaseSync): StoredColumn[] {
  const rows = database.prepare("SELECT name, type, wide FROM metadata_column ORDER BY position").all();
  return rows.map((row) => ({
    name: String(row.name),
    type: ColumnType.parse(row.type),
    wide: row.wide === 1,
  }));
}

function fetchSql(columns: readonly StoredColumn[]): string {
  const metadata = columns.map(({ wide }, position) => {
    const column = metadataColumnName(position);
    return wide ? `, CAST(${column} AS TEXT)` : `, ${column}`;
  });
  return `SELECT id, doc_id, chunk_index, text${metadata.join("")} FROM chunk WHERE ordinal = ?`;
}

function chunkFrom(row: unknown[], columns: readonly MetadataColumn[]): StoredChunk {
  const metadata: Record<string, unknown> = {};
  columns.forEach((column, position) => {
    metadata[column.name] = decodeMetadata(column.type, row[4 + position]);
  });
  return {
    id: String(row[0]),
    doc_id: String(row[1]),
    chunk_index: Number(row[2]),
    text: String(row[3]),
    metadata,
  };
}

function arrayStatement(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function countOf(database: DatabaseSync, sql: string): number {
  const row = arrayStatement(database, sql).get() as unknown as [number] | undefined;
  return row === undefined ? 0 : row[0];
}

function damaged(detail: string): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "generation-damaged",
    message: `A row store ${detail}.`,
    remedy: "Roll the index back, or rebuild it.",
  });
}

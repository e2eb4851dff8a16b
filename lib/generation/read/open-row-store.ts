import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ColumnType } from "../../dataset/dataset-version.ts";
import { DomainError } from "../../errors/domain-error.ts";
import type { RowFilter } from "../../vector/vector-index.ts";
import type { MissingRow } from "../accounting.ts";
import { decodeMetadata } from "../format/metadata-value.ts";
import { type MetadataColumn, metadataColumnName } from "../format/row-store-layout.ts";

export interface StoredChunk {
  id: string;
  doc_id: string;
  chunk_index: number;
  text: string;
  metadata: Record<string, unknown>;
}

/** One generation's rows, read-only. Its calls are synchronous and short, but for `select`, which yields between slices. */
export interface RowStore {
  readonly chunkCount: number;
  readonly columns: readonly MetadataColumn[];
  /** The chunks at these ordinals, in the same order. */
  fetch(ordinals: ArrayLike<number>): StoredChunk[];
  /** The rows of `chunk` where a condition over its metadata columns holds (see `compileFilter`). */
  select(where: string, options?: { signal?: AbortSignal | undefined }): Promise<RowFilter>;
  /** Row ids that are indexed whole, as ascending pairs of first and last, both included. */
  indexedRanges(): Float64Array;
  /** Rows that are not indexed whole, ascending by row id, at most `limit` of them after `afterRowId`. */
  rowStates(page: { afterRowId: number; limit: number }): MissingRow[];
  /** The rows that have chunks, each id once and ascending, a slice at a time. */
  chunkRowIds(): AsyncIterable<Float64Array>;
  close(): void;
}

/** Ordinals looked at between two turns of the event loop: about 10 ms where every row matches. A multiple of 32. */
const sliceSize = 32_768;
/** SQLite's own ceiling; a larger file is mapped up to here and read beyond. */
const mappedBytesMax = 2_147_418_112;

/** Opens a published row store. Its checksum must have been verified: SQLite trusts an immutable file. */
export function openRowStore(path: string): RowStore {
  const database = new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true });
  database.exec(`PRAGMA mmap_size=${mappedBytesMax}; PRAGMA case_sensitive_like=ON`);
  const storedColumns = readColumns(database);
  const columns = storedColumns.map(({ name, type }) => ({ name, type }));
  const chunkCount = countOf(database, "SELECT coalesce(max(ordinal) + 1, 0) FROM chunk");
  const fetchOne = arrayStatement(database, fetchSql(storedColumns));
  const readStates = database.prepare(
    "SELECT row_id, doc_id, state, reason FROM row_state WHERE row_id > ? ORDER BY row_id LIMIT ?",
  );

  return {
    chunkCount,
    columns,
    fetch(ordinals) {
      const chunks: StoredChunk[] = [];
      for (let position = 0; position < ordinals.length; position += 1) {
        const row = fetchOne.get(ordinals[position] ?? -1) as unknown[] | undefined;
        if (row === undefined) throw damaged(`has no chunk with ordinal ${ordinals[position]}`);
        chunks.push(chunkFrom(row, columns));
      }
      return chunks;
    },
    select: (where, options) => selectRows(database, { where, chunkCount, signal: options?.signal }),
    indexedRanges() {
      const ranges = arrayStatement(database, "SELECT first, last FROM indexed_range ORDER BY first").all();
      return Float64Array.from((ranges as unknown as number[][]).flat());
    },
    rowStates: ({ afterRowId, limit }) =>
      readStates.all(afterRowId, limit).map((row) => ({
        rowId: Number(row.row_id),
        docId: String(row.doc_id),
        state: missingState(row.state),
        reason: String(row.reason),
      })),
    chunkRowIds: () => readChunkRowIds(database, chunkCount),
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

/** Ordinals ascend with row ids, so a row's chunks lie together and only a slice's edge can cut them. */
async function* readChunkRowIds(database: DatabaseSync, chunkCount: number): AsyncGenerator<Float64Array> {
  const statement = arrayStatement(
    database,
    "SELECT DISTINCT row_id FROM chunk WHERE ordinal >= ? AND ordinal < ? ORDER BY ordinal",
  );
  let last = -1;
  for (let start = 0; start < chunkCount; start += sliceSize) {
    if (start > 0) await nextTurn();
    const rows = statement.all(start, start + sliceSize) as unknown as [number][];
    const rowIds = Float64Array.from(rows, ([rowId]) => rowId);
    yield rowIds[0] === last ? rowIds.subarray(1) : rowIds;
    last = rowIds.at(-1) ?? last;
  }
}

interface StoredColumn extends MetadataColumn {
  /** Holds an integer that a JavaScript number would round, so the column is read as text. */
  wide: boolean;
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

function missingState(state: unknown): MissingRow["state"] {
  if (state === "pending" || state === "failed" || state === "excluded") return state;
  throw damaged(`holds the unknown row state ${JSON.stringify(state)}`);
}

function damaged(detail: string): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "generation-damaged",
    message: `A row store ${detail}.`,
    remedy: "Roll the index back, or rebuild it.",
  });
}

import type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { columnSqlType } from "../dataset/column-sql-type.ts";
import type { Column } from "../dataset/dataset-version.ts";
import { sqlIdentifier } from "../dataset/sql-quote.ts";
import { parquetTargetSql } from "../extract/parquet-target.ts";
import { ColumnBuffer, chunkRowsMax } from "./column-buffer.ts";
import { stagedType } from "./column-plan.ts";

/** Long values go to the engine before a chunk is full, so that few wait at once. */
const chunkBytesMax = 8 << 20;
/** The appender keeps 200,000 rows to itself, which no memory limit of the engine sees. */
const appendedBytesMax = 24 << 20;

/** Rows on their way into a table of the engine, chunk by chunk; what its memory does not hold is spilled. */
export class RowStage {
  rowCount = 0;
  /** In the order of the columns. */
  readonly buffers: readonly ColumnBuffer[];
  readonly #table: string;
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  readonly #chunk: DuckDBDataChunk;
  readonly #columns: readonly Column[];
  readonly #batchRows: number;
  #chunkRows = 0;
  #chunkBytes = 0;
  #appendedBytes = 0;
  #byteCount = 0;

  constructor(parts: {
    table: string;
    connection: DuckDBConnection;
    appender: DuckDBAppender;
    chunk: DuckDBDataChunk;
    columns: readonly Column[];
    buffers: readonly ColumnBuffer[];
    batchRows: number;
  }) {
    this.#batchRows = parts.batchRows;
    this.#table = parts.table;
    this.#connection = parts.connection;
    this.#appender = parts.appender;
    this.#chunk = parts.chunk;
    this.#columns = parts.columns;
    this.buffers = parts.buffers;
  }

  /** The row of the chunk to which the decoders write next. */
  get row(): number {
    return this.#chunkRows;
  }

  /** The row is complete; it took about so many bytes. */
  endRow(byteCount: number): void {
    this.#chunkRows += 1;
    this.#chunkBytes += byteCount;
    if (this.#chunkRows === this.#batchRows || this.#chunkBytes > chunkBytesMax) this.#flush();
  }

  /** Hands over what waits; the table then holds every row. */
  finish(): void {
    this.#flush();
    this.#appender.flushSync();
    this.#appendedBytes = 0;
  }

  /** Writes the rows, each column in the dataset's type, and answers how many; `where` is SQL of the engine. */
  async write(parquetPath: string, where = "true"): Promise<number> {
    this.finish();
    this.#appender.closeSync();
    const list = this.#columns.map((column) => {
      const name = sqlIdentifier(column.name);
      const type = column.type === "json" ? "VARCHAR" : columnSqlType(column);
      return `CAST(${name} AS ${type}) AS ${name}`;
    });
    const target = parquetTargetSql(
      parquetPath,
      this.#columns.length,
      this.#byteCount / Math.max(this.rowCount, 1),
    );
    const rows = `SELECT ${list.join(", ")} FROM ${this.#table} WHERE ${where}`;
    const result = await this.#connection.runAndReadAll(`COPY (${rows}) TO ${target}`);
    return Number(result.getRows()[0]![0]);
  }

  #flush(): void {
    if (this.#chunkRows > 0) {
      this.#chunk.rowCount = this.#chunkRows;
      for (const buffer of this.buffers) buffer.flush(this.#chunkRows);
      this.#appender.appendDataChunk(this.#chunk);
      this.rowCount += this.#chunkRows;
    }
    this.#chunk.reset();
    this.#byteCount += this.#chunkBytes;
    this.#appendedBytes += this.#chunkBytes;
    this.#chunkRows = 0;
    this.#chunkBytes = 0;
    if (this.#appendedBytes < appendedBytesMax) return;
    this.#appender.flushSync();
    this.#appendedBytes = 0;
  }
}

/** Makes the table, whose name must not be taken yet. */
export async function openRowStage(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
  batchSize: number = chunkRowsMax,
): Promise<RowStage> {
  const [api, { default: native }] = await Promise.all([
    import("@duckdb/node-api"),
    import("@duckdb/node-bindings"),
  ]);
  const { DECIMAL, DuckDBDataChunk } = api;
  const plain: Record<string, DuckDBType> = {
    BOOLEAN: api.BOOLEAN,
    BIGINT: api.BIGINT,
    DOUBLE: api.DOUBLE,
    DATE: api.DATE,
    TIME: api.TIME,
    TIMESTAMP: api.TIMESTAMP,
    TIMESTAMPTZ: api.TIMESTAMPTZ,
    UUID: api.UUID,
    BLOB: api.BLOB,
    VARCHAR: api.VARCHAR,
  };
  const staged = columns.map(stagedType);
  const types = staged.map(({ sql }) => {
    const [precision = 18, scale = 0] = (sql.match(/\d+/g) ?? []).map(Number);
    return plain[sql] ?? DECIMAL(precision, scale);
  });
  const definitions = columns.map(({ name }, at) => `${sqlIdentifier(name)} ${staged[at]!.sql}`);
  await connection.run(`CREATE TABLE ${table} (${definitions.join(", ")})`);
  const chunk = DuckDBDataChunk.create(types, chunkRowsMax);
  const buffers = staged.map(
    ({ layout }, at) => new ColumnBuffer(layout, native, native.data_chunk_get_vector(chunk.chunk, at)),
  );
  const appender = await connection.createAppender(table);
  const batchRows = Math.min(batchSize, chunkRowsMax);
  return new RowStage({ table, connection, appender, chunk, columns, buffers, batchRows });
}

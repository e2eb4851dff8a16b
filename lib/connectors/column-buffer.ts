import type { Vector } from "@duckdb/node-bindings";

/** The engine's vectors hold at most so many values. */
export const chunkRowsMax = 2_048;

/** How a column's values lie in the engine's memory. */
export type Layout = "int8" | "int32" | "int64" | "int128" | "bytes";

/** What of the native binding fills a column without a call for each number. */
export interface VectorWriter {
  copy_data_to_vector(to: Vector, at: number, from: ArrayBuffer, start: number, count: number): void;
  copy_data_to_vector_validity(to: Vector, at: number, from: ArrayBuffer, start: number, count: number): void;
  vector_ensure_validity_writable(vector: Vector): void;
  vector_assign_string_element_len(vector: Vector, index: number, data: Uint8Array): void;
}

const widths: Record<Layout, number> = { int8: 1, int32: 4, int64: 8, int128: 16, bytes: 0 };

/**
 * One column of the chunk that is being filled. Decoders write numbers into the views, wide ones as words of 32 bits,
 * lowest first, and the engine gets them all at `flush`; texts it gets one by one.
 */
export class ColumnBuffer {
  readonly int8: Int8Array;
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  readonly #layout: Layout;
  readonly #data: ArrayBuffer;
  readonly #validity = new ArrayBuffer(chunkRowsMax / 8);
  readonly #valid = new Uint8Array(this.#validity).fill(0xff);
  readonly #writer: VectorWriter;
  readonly #vector: Vector;
  #nulls = 0;

  constructor(layout: Layout, writer: VectorWriter, vector: Vector) {
    this.#layout = layout;
    this.#data = new ArrayBuffer(Math.max(8, widths[layout]) * chunkRowsMax);
    this.int8 = new Int8Array(this.#data);
    this.int32 = new Int32Array(this.#data);
    this.float64 = new Float64Array(this.#data);
    this.#writer = writer;
    this.#vector = vector;
  }

  setNull(row: number): void {
    this.#valid[row >> 3]! &= ~(1 << (row & 7));
    this.#nulls += 1;
  }

  setBytes(row: number, bytes: Uint8Array): void {
    this.#writer.vector_assign_string_element_len(this.#vector, row, bytes);
  }

  /** Hands the rows to the engine; the next chunk begins without NULLs. */
  flush(rowCount: number): void {
    const byteCount = widths[this.#layout] * rowCount;
    if (byteCount > 0) this.#writer.copy_data_to_vector(this.#vector, 0, this.#data, 0, byteCount);
    if (this.#nulls === 0) return;
    this.#writer.vector_ensure_validity_writable(this.#vector);
    this.#writer.copy_data_to_vector_validity(this.#vector, 0, this.#validity, 0, this.#validity.byteLength);
    this.#valid.fill(0xff);
    this.#nulls = 0;
  }
}

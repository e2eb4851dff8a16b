import type { Data, RecordBatch, Schema, Table } from "apache-arrow";
import { arrow } from "../dataset/arrow.ts";
import { vectorType } from "./pipeline-schema.ts";

/** Arrow's own builder appends text by text, and takes three times as long for a column of them. */
export function textColumn(values: readonly (string | null)[]): Data {
  const valueOffsets = new Int32Array(values.length + 1);
  let byteCount = 0;
  for (const [index, value] of values.entries()) {
    if (value !== null) byteCount += Buffer.byteLength(value);
    valueOffsets[index + 1] = byteCount;
  }
  const data = new Uint8Array(byteCount);
  const target = Buffer.from(data.buffer);
  let written = 0;
  for (const value of values) if (value !== null) written += target.write(value, written);
  const present = values.map((value) => value !== null);
  return arrow.makeData({
    type: new arrow.Utf8(),
    length: values.length,
    valueOffsets,
    data,
    ...validity(present),
  });
}

/** One text in every line, without encoding it each time. */
export function repeatedText(value: string, length: number): Data {
  const bytes = new TextEncoder().encode(value);
  const data = new Uint8Array(bytes.length * length);
  for (let index = 0; index < length; index += 1) data.set(bytes, index * bytes.length);
  const valueOffsets = Int32Array.from({ length: length + 1 }, (_, index) => index * bytes.length);
  return arrow.makeData({ type: new arrow.Utf8(), length, nullCount: 0, valueOffsets, data });
}

export function countColumn(values: readonly number[]): Data {
  return arrow.makeData({
    type: new arrow.Int32(),
    length: values.length,
    nullCount: 0,
    data: Int32Array.from(values),
  });
}

/** Milliseconds since 1970, or null. */
export function timeColumn(values: readonly (number | null)[]): Data {
  const data = BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  const present = values.map((value) => value !== null);
  return arrow.makeData({
    type: new arrow.TimestampMillisecond(),
    length: values.length,
    data,
    ...validity(present),
  });
}

export interface VectorRows {
  /** `present.length × dimension` values; those of absent rows are not read. */
  vectors: Float32Array;
  dimension: number;
  present: readonly boolean[];
}

/** Lays the column over the given array; copies only where a vector is absent. */
export function vectorColumn({ vectors, dimension, present }: VectorRows): Data {
  const valueOffsets = new Int32Array(present.length + 1);
  let filled = 0;
  for (const [index, isPresent] of present.entries()) {
    if (isPresent) filled += dimension;
    valueOffsets[index + 1] = filled;
  }
  const complete = filled === present.length * dimension;
  const data = complete ? vectors.subarray(0, filled) : presentOnly({ vectors, dimension, present });
  const child = arrow.makeData({ type: new arrow.Float32(), length: filled, nullCount: 0, data });
  return arrow.makeData({
    type: vectorType,
    length: present.length,
    valueOffsets,
    child,
    ...validity(present),
  });
}

/** Columns in the order of the schema's fields. */
export function arrowTable(schema: Schema, columns: Data[]): Table {
  return new arrow.Table([arrowBatch(schema, columns)]);
}

/** One part of a table that is put together of several. */
export function arrowBatch(schema: Schema, columns: Data[]): RecordBatch {
  const length = columns[0]?.length ?? 0;
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children: columns }),
  );
}

function presentOnly({ vectors, dimension, present }: VectorRows): Float32Array {
  const kept = new Float32Array(present.filter(Boolean).length * dimension);
  let filled = 0;
  for (const [index, isPresent] of present.entries()) {
    if (!isPresent) continue;
    kept.set(vectors.subarray(index * dimension, (index + 1) * dimension), filled);
    filled += dimension;
  }
  return kept;
}

function validity(present: readonly boolean[]): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullCount = present.filter((isPresent) => !isPresent).length;
  if (nullCount === 0) return { nullCount };
  const nullBitmap = new Uint8Array(Math.ceil(present.length / 8));
  for (const [index, isPresent] of present.entries()) {
    if (isPresent) nullBitmap[index >> 3] = (nullBitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return { nullCount, nullBitmap };
}

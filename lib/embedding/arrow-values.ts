import type { RecordBatch } from "apache-arrow";

/** A text column's values; a null is an empty text. */
export function textValues(batch: RecordBatch, name: string): string[] {
  const column = requireColumn(batch, name);
  return Array.from({ length: batch.numRows }, (_, index) => String(column.get(index) ?? ""));
}

/** The values of an Int32 or a Float64 column without nulls; they may be a view into the batch's memory. */
export function numberValues(batch: RecordBatch, name: string): Int32Array | Float64Array {
  const values: unknown = requireColumn(batch, name).toArray();
  if (values instanceof Int32Array || values instanceof Float64Array) return values;
  throw new Error(`${name} is no column of numbers`);
}

/** Lance's address of each row, asked for by `withRowId`; valid in the version that was read. */
export function rowAddresses(batch: RecordBatch): BigUint64Array {
  const values: unknown = requireColumn(batch, "_rowid").toArray();
  if (!(values instanceof BigUint64Array)) throw new Error("row addresses are 64-bit integers");
  return values;
}

/** Each row's vector, or undefined where it is null. They are views into the batch's memory. */
export function vectorValues(batch: RecordBatch, name: string): (Float32Array | undefined)[] {
  const [data] = requireColumn(batch, name).data;
  const values: unknown = data?.children[0]?.values;
  const offsets: unknown = data?.valueOffsets;
  if (data === undefined || !(values instanceof Float32Array) || !(offsets instanceof Int32Array)) {
    throw new Error(`${name} is no list of 32-bit floats`);
  }
  return Array.from({ length: batch.numRows }, (_, index) =>
    data.getValid(index) ? values.subarray(offsets[index], offsets[index + 1]) : undefined,
  );
}

function requireColumn(batch: RecordBatch, name: string) {
  const column = batch.getChild(name);
  if (column === null) throw new Error(`the batch has no column ${name}`);
  return column;
}

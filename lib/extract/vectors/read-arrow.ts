import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { DataType, type RecordBatch, RecordBatchReader, type Schema, type Vector } from "apache-arrow";
import { halfFloat } from "./decode-floats.ts";
import type { ForeignColumn, ForeignFile, ForeignRows, ForeignValue } from "./foreign-rows.ts";
import { requireForeignColumn } from "./require-foreign-column.ts";
import type { VectorColumns } from "./vector-columns.ts";
import { vectorsError } from "./vectors-error.ts";

/** An Arrow IPC file, which begins with its name, or a stream, which does not. */
export async function openArrow(path: string, columns: VectorColumns): Promise<ForeignFile> {
  const reader = await openReader(path);
  try {
    const { schema } = await attempt(() => reader.open());
    const names = schema.fields.map(({ name }) => name);
    const wanted = [columns.vector, columns.id, columns.text, ...columns.metadata];
    for (const name of wanted) if (name !== undefined) requireForeignColumn(names, name);
    assertVectors(schema, columns.vector);
    return {
      format: "arrow",
      idType: columns.id === undefined || DataType.isInt(typeOf(schema, columns.id)) ? "bigint" : "varchar",
      metadata: columns.metadata.map((name) => ({ name, type: columnType(typeOf(schema, name)) })),
      rows: () => readRows(path, columns),
    };
  } finally {
    await reader.cancel();
  }
}

async function openReader(path: string) {
  const head = Buffer.alloc(6);
  const file = await open(path, "r");
  try {
    await file.read(head, 0, 6, 0);
  } finally {
    await file.close();
  }
  if (head.toString("latin1") !== "ARROW1")
    return attempt(() => RecordBatchReader.from(createReadStream(path)));
  return attempt(async () => RecordBatchReader.from(await open(path, "r")));
}

async function* readRows(path: string, columns: VectorColumns): AsyncGenerator<ForeignRows> {
  const reader = await openReader(path);
  try {
    await attempt(() => reader.open());
    for (;;) {
      const next = await attempt(async () => reader.next());
      if (next.done === true) return;
      if (next.value !== null && next.value.numRows > 0)
        yield await attempt(async () => rowsOf(next.value, columns));
    }
  } finally {
    await reader.cancel();
  }
}

function rowsOf(batch: RecordBatch, columns: VectorColumns): ForeignRows {
  const valuesOf = (name: string) => plainValues(requireChild(batch, name), batch.numRows);
  const vectors = requireChild(batch, columns.vector);
  return {
    ...(columns.id === undefined ? {} : { ids: valuesOf(columns.id) }),
    ...(columns.text === undefined ? {} : { texts: valuesOf(columns.text) }),
    metadata: columns.metadata.map(valuesOf),
    vectors: Array.from({ length: batch.numRows }, (_, row) => floatsOf(vectors.get(row) as Vector | null)),
  };
}

function requireChild(batch: RecordBatch, name: string): Vector {
  const column = batch.getChild(name);
  if (column === null) throw broken(`a part of it has no column ${JSON.stringify(name)}`);
  return column;
}

function floatsOf(list: Vector | null): Float32Array | null {
  if (list === null) return null;
  // An absent value is no number, and is refused as that.
  if (list.nullCount > 0)
    return Float32Array.from(list, (value) => (value === null ? Number.NaN : Number(value)));
  const values: unknown = list.toArray();
  if (values instanceof Uint16Array) return Float32Array.from(values, halfFloat);
  return Float32Array.from(values as Iterable<number>);
}

function plainValues(column: Vector, count: number): ForeignValue[] {
  return Array.from({ length: count }, (_, row) => {
    const value: unknown = column.get(row);
    if (value === null || value === undefined) return null;
    const isPlain = typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
    return isPlain ? value : value instanceof Date ? value.toISOString() : String(value);
  });
}

function typeOf(schema: Schema, name: string): DataType | undefined {
  return schema.fields.find((field) => field.name === name)?.type;
}

function assertVectors(schema: Schema, column: string): void {
  const type = typeOf(schema, column);
  const isList = DataType.isList(type) || DataType.isFixedSizeList(type);
  if (isList && DataType.isFloat(type.children[0]?.type)) return;
  throw vectorsError({
    type: "vectors-column",
    column,
    message: `The column ${JSON.stringify(column)} is of type ${String(type)}, not a list of floats.`,
  });
}

function columnType(type: DataType | undefined): ForeignColumn["type"] {
  if (DataType.isBool(type)) return "boolean";
  if (DataType.isInt(type)) return "bigint";
  return DataType.isFloat(type) ? "double" : "varchar";
}

/** The library throws whatever it stumbles over; each of them means that the file is not what it says. */
async function attempt<Result>(task: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof Error && "kind" in cause) throw cause;
    throw broken(cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause), cause);
  }
}

function broken(reason: string, cause?: unknown) {
  return vectorsError({
    type: "vectors-file",
    message: `The file cannot be read as Arrow IPC: ${reason.slice(0, 200)}.`,
    remedy: "Write it whole, as a file or a stream, without compression.",
    cause,
  });
}

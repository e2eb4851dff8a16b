import {
  Bool,
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Uint32,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { lanceColumns } from "../format/lance-columns.ts";
import type { MetadataColumn } from "../format/vector-block.ts";

export function lanceSchema(dimension: number, columns: readonly MetadataColumn[]): Schema {
  return new Schema([
    new Field(lanceColumns.ordinal, new Uint32(), false),
    new Field(lanceColumns.vector, vectorType(dimension), false),
    ...columns.map(({ name, type }) => new Field(name, storedAs(type).arrow, true)),
  ]);
}

/**
 * One Arrow table of consecutive rows. The vectors are wrapped, not copied: a table of objects takes ten times as long.
 */
export function lanceBatch(
  schema: Schema,
  rows: { firstOrdinal: number; vectors: Float32Array; metadata: ReadonlyMap<string, unknown[]> },
  dimension: number,
  columns: readonly MetadataColumn[],
): Table {
  const length = rows.vectors.length / dimension;
  const ordinals = Uint32Array.from({ length }, (_, row) => rows.firstOrdinal + row);
  const values = makeData({ type: new Float32(), length: rows.vectors.length, data: rows.vectors });
  const children: Data[] = [
    makeData({ type: new Uint32(), length, data: ordinals }),
    makeData({ type: vectorType(dimension), length, child: values }),
    ...columns.map(({ name, type }) => metadataData(rows.metadata.get(name) ?? [], type, length)),
  ];
  const struct = makeData({ type: new Struct(schema.fields), length, children });
  return new Table(schema, new RecordBatch(schema, struct));
}

function vectorType(dimension: number): FixedSizeList<Float32> {
  return new FixedSizeList(dimension, new Field("item", new Float32(), true));
}

function metadataData(values: readonly unknown[], type: string, length: number): Data {
  const { arrow, convert } = storedAs(type);
  const converted = Array.from({ length }, (_, row) => {
    const value = values[row];
    return value === null || value === undefined ? null : convert(value);
  });
  return vectorFromArray(converted, arrow).data[0]!;
}

/** How a dataset column type is stored: the same shapes as in the generation's row store, so that one `where` fits both. */
function storedAs(type: string): { arrow: DataType; convert: (value: unknown) => unknown } {
  if (type === "boolean") return { arrow: new Bool(), convert: Boolean };
  if (type === "bigint") return { arrow: new Int64(), convert: (value) => BigInt(String(value)) };
  if (type === "double" || type === "decimal") return { arrow: new Float64(), convert: Number };
  return {
    arrow: new Utf8(),
    convert: (value) => (typeof value === "object" ? JSON.stringify(value) : String(value)),
  };
}

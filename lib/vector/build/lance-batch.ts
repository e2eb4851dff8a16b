import type { Data, DataType, FixedSizeList, Float32, Schema, Table } from "apache-arrow";
import { arrow } from "../../dataset/arrow.ts";
import { lanceColumns } from "../format/lance-columns.ts";
import type { MetadataColumn } from "../format/vector-block.ts";

export function lanceSchema(dimension: number, columns: readonly MetadataColumn[]): Schema {
  return new arrow.Schema([
    new arrow.Field(lanceColumns.ordinal, new arrow.Uint32(), false),
    new arrow.Field(lanceColumns.vector, vectorType(dimension), false),
    ...columns.map(({ name, type }) => new arrow.Field(name, storedAs(type).stored, true)),
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
  const values = arrow.makeData({
    type: new arrow.Float32(),
    length: rows.vectors.length,
    data: rows.vectors,
  });
  const children: Data[] = [
    arrow.makeData({ type: new arrow.Uint32(), length, data: ordinals }),
    arrow.makeData({ type: vectorType(dimension), length, child: values }),
    ...columns.map(({ name, type }) => metadataData(rows.metadata.get(name) ?? [], type, length)),
  ];
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length, children });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, struct));
}

function vectorType(dimension: number): FixedSizeList<Float32> {
  return new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float32(), true));
}

function metadataData(values: readonly unknown[], type: string, length: number): Data {
  const { stored, convert } = storedAs(type);
  const converted = Array.from({ length }, (_, row) => {
    const value = values[row];
    return value === null || value === undefined ? null : convert(value);
  });
  return arrow.vectorFromArray(converted, stored).data[0]!;
}

/** How a dataset column type is stored: the same shapes as in the generation's row store, so that one `where` fits both. */
function storedAs(type: string): { stored: DataType; convert: (value: unknown) => unknown } {
  if (type === "boolean") return { stored: new arrow.Bool(), convert: Boolean };
  if (type === "bigint") return { stored: new arrow.Int64(), convert: (value) => BigInt(String(value)) };
  if (type === "double" || type === "decimal") return { stored: new arrow.Float64(), convert: Number };
  return {
    stored: new arrow.Utf8(),
    convert: (value) => (typeof value === "object" ? JSON.stringify(value) : String(value)),
  };
}

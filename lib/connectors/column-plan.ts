import type { Column, ColumnType } from "../dataset/dataset-version.ts";
import type { ColumnBuffer, Layout } from "./column-buffer.ts";

/** Writes one value, which the source gave as the bytes `start … end - 1`, into row `row` of the buffer. */
export type Decoder = (buffer: ColumnBuffer, row: number, bytes: Buffer, start: number, end: number) => void;

/** One column of a read: what the server is asked for, how its bytes become a value, what the dataset calls it. */
export interface ColumnPlan {
  /** The expression in the server's SQL. */
  sql: string;
  column: Column;
  decode: Decoder;
}

/** A value that the planned type cannot hold; the read begins again with this column as `wider`. */
export class TypeTooNarrow extends Error {
  override name = "TypeTooNarrow";
  readonly wider: ColumnType;
  /** Set by whoever knows which column was decoded. */
  column = "";
  constructor(wider: ColumnType, why: string) {
    super(why);
    this.wider = wider;
  }
}

/** The engine's type in which a column is staged, and how its values lie there. */
export function stagedType({ type, detail }: Column): { sql: string; layout: Layout } {
  switch (type) {
    case "boolean":
      return { sql: "BOOLEAN", layout: "int8" };
    case "bigint":
      return { sql: "BIGINT", layout: "int64" };
    case "double":
      return { sql: "DOUBLE", layout: "int64" };
    case "date":
      return { sql: "DATE", layout: "int32" };
    case "time":
      return { sql: "TIME", layout: "int64" };
    case "timestamp":
      return { sql: "TIMESTAMP", layout: "int64" };
    case "timestamptz":
      return { sql: "TIMESTAMPTZ", layout: "int64" };
    case "uuid":
      return { sql: "UUID", layout: "int128" };
    case "blob":
      return { sql: "BLOB", layout: "bytes" };
    case "decimal":
      return stagedDecimal(detail ?? "");
    default:
      return { sql: "VARCHAR", layout: "bytes" };
  }
}

/** In the widest type of its layout, so that two decoders serve all precisions. */
function stagedDecimal(detail: string): { sql: string; layout: Layout } {
  const [precision = 38, scale = 0] = (detail.match(/\d+/g) ?? []).map(Number);
  return precision <= 18
    ? { sql: `DECIMAL(18,${scale})`, layout: "int64" }
    : { sql: `DECIMAL(38,${scale})`, layout: "int128" };
}

/** A dataset's decimal column, or text where the engine has none so wide. */
export function decimalColumn(name: string, precision: number, scale: number): Column {
  const detail = `DECIMAL(${precision},${scale})`;
  return precision <= 38 ? { name, type: "decimal", detail } : { name, type: "varchar" };
}

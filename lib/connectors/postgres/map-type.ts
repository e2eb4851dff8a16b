import type { ColumnType } from "../../dataset/dataset-version.ts";
import { type ColumnPlan, decimalColumn } from "../column-plan.ts";
import {
  decodeBoolean,
  decodeBytes,
  decodeDate,
  decodeFloat4,
  decodeFloat8,
  decodeInt2,
  decodeInt4,
  decodeInt8,
  decodeNumeric,
  decodeOid,
  decodeTimestamp,
  decodeUuid,
} from "./decode-binary.ts";

/** A type of the server's catalogue, with domains resolved to what they are made of. */
export interface ServerType {
  name: string;
  /** `b`ase, `c`omposite, `e`num, `r`ange, `m`ultirange. */
  kind: string;
  isArray: boolean;
  /** The type's own settings, such as a numeric's precision; -1 where there are none. */
  modifier: number;
}

type Mapped = Omit<ColumnPlan, "column"> & { type: ColumnType };

const direct: Record<string, Omit<Mapped, "sql">> = {
  bool: { type: "boolean", decode: decodeBoolean },
  int2: { type: "bigint", decode: decodeInt2 },
  int4: { type: "bigint", decode: decodeInt4 },
  int8: { type: "bigint", decode: decodeInt8 },
  oid: { type: "bigint", decode: decodeOid },
  float4: { type: "double", decode: decodeFloat4 },
  float8: { type: "double", decode: decodeFloat8 },
  date: { type: "date", decode: decodeDate },
  time: { type: "time", decode: decodeInt8 },
  timestamp: { type: "timestamp", decode: decodeTimestamp },
  timestamptz: { type: "timestamptz", decode: decodeTimestamp },
  uuid: { type: "uuid", decode: decodeUuid },
  bytea: { type: "blob", decode: decodeBytes },
  text: { type: "varchar", decode: decodeBytes },
  varchar: { type: "varchar", decode: decodeBytes },
  bpchar: { type: "varchar", decode: decodeBytes },
  name: { type: "varchar", decode: decodeBytes },
  json: { type: "json", decode: decodeBytes },
};

/**
 * How a column is read without loss. What the engine has no type for comes as the server's own text: numeric without a
 * declared scale, intervals (ISO 8601), bits, addresses, ranges, times with a zone; arrays and rows come as JSON.
 * `wider` is what an earlier try found that the values need.
 */
export function planColumn(
  name: string,
  expression: string,
  type: ServerType,
  wider: ColumnType | undefined,
): ColumnPlan {
  const text = { sql: `(${expression})::text`, decode: decodeBytes };
  if (wider === "varchar") return { ...text, column: { name, type: "varchar" } };
  if (type.isArray || type.kind === "c") {
    return { sql: `to_json(${expression})::text`, decode: decodeBytes, column: { name, type: "json" } };
  }
  if (type.name === "jsonb") return { ...text, column: { name, type: "json" } };
  if (type.name === "money") {
    return { sql: `(${expression})::numeric::text`, decode: decodeBytes, column: { name, type: "varchar" } };
  }
  const size = type.name === "numeric" ? numericSize(type.modifier) : undefined;
  if (size !== undefined && size.precision <= 38) {
    const { precision, scale } = size;
    const decode = decodeNumeric(precision, scale);
    return { sql: `(${expression})::numeric`, decode, column: decimalColumn(name, precision, scale) };
  }
  const known = type.kind === "b" ? direct[type.name] : undefined;
  if (known === undefined) return { ...text, column: { name, type: "varchar" } };
  return { sql: `(${expression})::${type.name}`, decode: known.decode, column: { name, type: known.type } };
}

/** A scale below 0 rounds to tens and hundreds; one above the precision only holds small fractions. */
function numericSize(modifier: number): { precision: number; scale: number } | undefined {
  if (modifier < 4) return undefined;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1_024) - 1_024;
  if (scale < 0) return { precision: precision - scale, scale: 0 };
  return { precision: Math.max(precision, scale), scale };
}

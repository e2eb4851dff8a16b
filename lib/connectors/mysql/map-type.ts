import type { ColumnType } from "../../dataset/dataset-version.ts";
import { type ColumnPlan, decimalColumn } from "../column-plan.ts";
import {
  decodeBit,
  decodeBits,
  decodeBytes,
  decodeDate,
  decodeDateTime,
  decodeDecimal,
  decodeDouble,
  decodeFlag,
  decodeInteger,
  decodeWideBits,
  type OnZeroDate,
} from "./decode-text.ts";

/** What the server says of a column with its rows. */
export interface ServerColumn {
  name: string;
  /** The protocol's number of the type. */
  columnType: number;
  columnLength: number;
  decimals: number;
  flags: number;
  characterSet: number;
  /** MariaDB's own types, which travel as text: `uuid`, `inet6`. */
  extendedTypeName?: string | undefined;
  /** `json`, where MariaDB keeps it as text. */
  extendedFormat?: string | undefined;
}

const types = {
  decimal: [0, 246],
  tiny: [1],
  whole: [2, 3, 8, 9, 13],
  float: [4],
  double: [5],
  timestamp: [7, 17],
  date: [10, 14],
  datetime: [12, 18],
  bit: [16],
  json: [245],
  geometry: [255],
};
const unsignedFlag = 32;
const binaryCharacterSet = 63;

/**
 * How a column is read without loss. What the engine has no type for comes as the server's own text, intervals of time
 * and sets among it; a geometry comes as the server's bytes. `wider` is what an earlier try found the values need.
 */
export function planColumn(
  column: ServerColumn,
  expression: string,
  wider: ColumnType | undefined,
  onZeroDate: OnZeroDate,
): ColumnPlan {
  const { name, columnType, columnLength, decimals, flags, characterSet } = column;
  const plain = (type: ColumnType, decode: ColumnPlan["decode"]): ColumnPlan => ({
    sql: expression,
    decode,
    column: { name, type },
  });
  const isOf = (kind: keyof typeof types) => types[kind].includes(columnType);
  const isUnsigned = (flags & unsignedFlag) !== 0;
  if (column.extendedFormat === "json" || isOf("json")) return plain("json", decodeBytes);
  if (isOf("tiny") && columnLength === 1 && wider === undefined) return plain("boolean", decodeFlag);
  if (columnType === 8 && isUnsigned) return decimalPlan(column, expression, 20, 0);
  if (isOf("tiny") || isOf("whole")) return plain("bigint", decodeInteger);
  if (isOf("decimal")) {
    const marks = (decimals > 0 ? 1 : 0) + (isUnsigned ? 0 : 1);
    return decimalPlan(column, expression, Math.max(columnLength - marks, decimals, 1), decimals);
  }
  // As text the server gives a float six digits; as a double it gives all that the value has.
  if (isOf("float")) return { ...plain("double", decodeDouble), sql: `(${expression} + 0e0)` };
  if (isOf("double")) return plain("double", decodeDouble);
  if (isOf("date")) return plain("date", decodeDate(onZeroDate));
  if (isOf("datetime")) return plain("timestamp", decodeDateTime(onZeroDate));
  // The session's time zone is UTC.
  if (isOf("timestamp")) return plain("timestamptz", decodeDateTime(onZeroDate));
  if (isOf("bit")) return bitPlan(column, expression);
  const isBytes = isOf("geometry") || (characterSet === binaryCharacterSet && hasBytes(columnType));
  return isBytes && column.extendedTypeName === undefined
    ? plain("blob", decodeBytes)
    : plain("varchar", decodeBytes);
}

/** Strings and blobs; a time of day has the binary character set too, and is text. */
function hasBytes(columnType: number): boolean {
  return columnType === 15 || (columnType >= 249 && columnType <= 254);
}

function decimalPlan({ name }: ServerColumn, sql: string, precision: number, scale: number): ColumnPlan {
  const column = decimalColumn(name, precision, scale);
  return { sql, column, decode: column.type === "decimal" ? decodeDecimal(precision) : decodeBytes };
}

function bitPlan({ name, columnLength }: ServerColumn, sql: string): ColumnPlan {
  if (columnLength === 1) return { sql, decode: decodeBit, column: { name, type: "boolean" } };
  if (columnLength < 64) return { sql, decode: decodeBits, column: { name, type: "bigint" } };
  return { sql, decode: decodeWideBits, column: decimalColumn(name, 20, 0) };
}

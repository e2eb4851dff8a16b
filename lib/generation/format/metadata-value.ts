import type { ColumnType } from "../../dataset/dataset-version.ts";

export type StoredValue = string | number | bigint | null;

/** A dataset's value as the row store keeps it. Points in time lose their zone mark (they are UTC) to sort as text. */
export function encodeMetadata(type: ColumnType, value: unknown): StoredValue {
  if (value === null || value === undefined) return null;
  switch (type) {
    case "boolean":
      return value ? 1 : 0;
    case "bigint":
      return typeof value === "bigint" ? value : Number(value);
    case "double":
    case "decimal":
      return Number(value);
    case "timestamp":
    case "timestamptz":
      return normaliseTimestamp(value instanceof Date ? value.toISOString() : String(value)) ?? String(value);
    case "blob":
      return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value);
    case "json":
      return typeof value === "string" ? value : JSON.stringify(value);
    default:
      return value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
  }
}

/** The value as a search answer shows it. Integers beyond 2^53 stay text, because JSON numbers would round them. */
export function decodeMetadata(type: ColumnType, value: unknown): unknown {
  return type === "boolean" && value !== null ? value !== 0 : value;
}

const timestampPattern =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** `2024-01-02 03:04:05.60+00` → `2024-01-02T03:04:05.6`; undefined where the text is no ISO 8601 point in time. */
export function normaliseTimestamp(text: string): string | undefined {
  const match = timestampPattern.exec(text.trim());
  if (match === null) return undefined;
  const [, date, minutes = "00:00", seconds = "00", fraction = "", zone] = match;
  const utc = new Date(`${date}T${minutes}:${seconds}${isoZone(zone)}`);
  if (Number.isNaN(utc.getTime())) return undefined;
  const digits = fraction.replace(/0+$/, "");
  return utc.toISOString().slice(0, 19) + (digits === "" ? "" : `.${digits}`);
}

function isoZone(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === "Z") return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

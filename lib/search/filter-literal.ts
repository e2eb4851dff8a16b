import type { ColumnType } from "../dataset/dataset-version.ts";
import { DomainError } from "../errors/domain-error.ts";
import { normaliseTimestamp } from "../generation/format/metadata-value.ts";

/** A value to compare with is short; a thousand of these still fit into one statement. */
const textLengthMax = 4_096;
const int64Max = 9_223_372_036_854_775_807n;

/** A value as an SQL literal that compares with a stored column of this type, or `invalid` of type `filter-value`. */
export function filterLiteral(value: unknown, type: ColumnType, place: string): string {
  switch (type) {
    case "boolean":
      if (typeof value === "boolean") return value ? "1" : "0";
      throw refused(place, type, "true or false", value);
    case "bigint":
    case "double":
    case "decimal":
      return numberLiteral(value, type, place);
    case "timestamp":
    case "timestamptz": {
      const normal = typeof value === "string" ? normaliseTimestamp(value) : undefined;
      if (normal === undefined)
        throw refused(place, type, "a point in time like 2024-01-31T10:00:00Z", value);
      return textLiteral(normal);
    }
    case "date":
      if (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)) return textLiteral(value);
      throw refused(place, type, "a date like 2024-01-31", value);
    default:
      if (typeof value === "string" && value.length <= textLengthMax && !value.includes("\0")) {
        return textLiteral(value);
      }
      throw refused(place, type, `a text of at most ${textLengthMax} characters without NUL`, value);
  }
}

/** Integers beyond 2^53 come as text of digits, since JSON numbers would round them. */
function numberLiteral(value: unknown, type: ColumnType, place: string): string {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (type === "bigint" && typeof value === "string" && /^-?\d{1,19}$/.test(value)) {
    const exact = BigInt(value);
    if (exact <= int64Max && exact >= -int64Max) return String(exact);
  }
  throw refused(place, type, "a number", value);
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function refused(place: string, type: ColumnType, wanted: string, value: unknown): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "filter-value",
    field: place.slice(0, 200),
    message: `${place.slice(0, 200)} compares a column of type ${type} with ${shown(value)}.`,
    remedy: `Give ${wanted}.`,
  });
}

function shown(value: unknown): string {
  return typeof value === "object" && value !== null
    ? "an object or list"
    : String(JSON.stringify(value)).slice(0, 100);
}

import { DomainError } from "../errors/domain-error.ts";
import { jsonDepthMax } from "../extract/json/json-limits.ts";
import { nestingDepth } from "../extract/json/scan-value.ts";

export interface ParsedRows {
  rowCount: number;
  /** The rows as a JSON array, with every number as it was written. */
  content: string;
  mode: "append" | "upsert" | "delete";
  key?: string;
}

/**
 * Takes the body of a write apart: `{rows: [{…}], mode?, key?}`, where a key makes it an upsert, or
 * `{mode: "delete", keys: […], key?}`. Where a key is needed and not named, it is `keyColumn`. Numbers keep all of
 * their digits. Throws `invalid`: `rows-json`, `rows-depth`, `rows-shape`.
 */
export function parseRows(body: Uint8Array, keyColumn?: string): ParsedRows {
  // Checked first, because parsing recurses as deep as the text is nested.
  if (nestingDepth(body) > jsonDepthMax) {
    throw invalid("rows-depth", `The body is nested more than ${jsonDepthMax} levels deep.`);
  }
  const fields = parse(body);
  if (!isRecord(fields)) throw invalid("rows-shape", "The body is no JSON object with rows.");
  const { rows, keys, mode = defaultMode(fields), key = keyColumn, ...unknown } = fields;
  const [stray] = Object.keys(unknown);
  if (stray !== undefined)
    throw invalid("rows-shape", `The body has a field ${JSON.stringify(stray)}.`, stray);
  if (mode !== "append" && mode !== "upsert" && mode !== "delete") {
    throw invalid("rows-shape", "mode must be append, upsert or delete.", "mode");
  }
  if (mode === "append") return written(checkedRows(rows), { mode });
  if (typeof key !== "string" || key === "") {
    throw invalid("rows-shape", `key must be the name of a column for mode ${mode}.`, "key");
  }
  if (mode === "upsert") return written(checkedRows(rows), { mode, key });
  return written(keys === undefined ? checkedRows(rows) : keyRows(keys, key), { mode, key });
}

function defaultMode({ key }: Record<string, unknown>): string {
  return key === undefined ? "append" : "upsert";
}

function written(rows: readonly unknown[], use: Pick<ParsedRows, "mode" | "key">): ParsedRows {
  return { rowCount: rows.length, content: JSON.stringify(rows), ...use };
}

function checkedRows(rows: unknown): unknown[] {
  if (!Array.isArray(rows) || rows.length === 0) {
    throw invalid("rows-shape", "rows must be a list of at least one object.", "rows");
  }
  const wrong = rows.findIndex((row) => !isRecord(row) || Object.keys(row).length === 0);
  if (wrong >= 0) throw invalid("rows-shape", `rows[${wrong}] is no object with columns.`, `rows[${wrong}]`);
  return rows;
}

/** One row for each key, with nothing but it. */
function keyRows(keys: unknown, key: string): unknown[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalid("rows-shape", "keys must be a list of at least one value.", "keys");
  }
  const wrong = keys.findIndex(
    (value) => !(["string", "number"].includes(typeof value) || JSON.isRawJSON(value)),
  );
  if (wrong >= 0) throw invalid("rows-shape", `keys[${wrong}] is neither text nor number.`, `keys[${wrong}]`);
  // Not by assignment: a column may be called __proto__.
  return keys.map((value) => Object.fromEntries([[key, value]]));
}

function parse(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return JSON.parse(text, keepDigits);
  } catch (cause) {
    throw invalid("rows-json", "The body is no JSON in UTF-8.", undefined, cause);
  }
}

/** A number that JavaScript would round stays the text that it was. */
const keepDigits: Reviver = (_key, value, context) => {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
  return JSON.rawJSON(source);
};

/** What Node gives and TypeScript's library does not know of yet. */
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

function invalid(type: string, message: string, field?: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "invalid",
    type,
    field: field ?? "body",
    message,
    remedy:
      'Send {"rows": [{"column": "value"}]}, with "key" beside it to replace the rows of equal keys; or {"mode": "delete", "key": "column", "keys": ["value"]}.',
    cause,
  });
}

import { firstStrayByte } from "../input/first-stray-byte.ts";
import { jsonDepthMax, jsonRowBytesMax } from "./json-limits.ts";
import { locateJsonError } from "./locate-json-error.ts";
import type { RawRow } from "./raw-row.ts";

declare global {
  interface JSON {
    /** In Node since 21; TypeScript's library does not know it yet. */
    rawJSON(text: string): { readonly rawJSON: string };
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
  }
}

export type ParsedRow =
  | { ok: true; value: unknown }
  | { ok: false; type: string; reason: string; line: number; byte: number; text: string };

// Ignoring the mark keeps it in the text, where JSON does not allow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads one row strictly: UTF-8, RFC 8259, Unicode text. Integers past 2^53 and numbers that overflow stand in the value
 * as `JSON.rawJSON`, and so print as they were written.
 */
export function parseRow(raw: RawRow): ParsedRow {
  if (raw.trouble === "json-depth") {
    return bad(raw, "json-depth", `the value is nested more than ${jsonDepthMax} levels deep`, 0);
  }
  if (raw.trouble === "json-row-size") {
    return bad(raw, "json-row-size", `the row is longer than ${jsonRowBytesMax >> 20} MiB`, 0);
  }
  const stray = firstStrayByte(raw.bytes);
  if (stray !== undefined) return bad(raw, "json-encoding", "the row holds bytes that are not UTF-8", stray);
  const text = decoder.decode(raw.bytes);
  let value: unknown;
  try {
    value = mayLoseDigits.test(text) ? JSON.parse(text, keepExact) : JSON.parse(text);
  } catch {
    const found = locateJsonError(text);
    const reason = found === undefined ? "the row is not JSON" : reasonOf(text, found);
    return bad(raw, "json-syntax", reason, Buffer.byteLength(text.slice(0, found?.at ?? 0)));
  }
  if (mayHoldHalfCharacter.test(text) && !isUnicode(value)) {
    return bad(raw, "json-surrogate", "a text holds half of a surrogate pair, which is no Unicode text", 0);
  }
  return { ok: true, value };
}

const mayLoseDigits = /[0-9]{16}|[eE]\+?[0-9]{3}/;
const mayHoldHalfCharacter = /\\u[dD][89a-fA-F]/;

function keepExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const loses =
    !Number.isFinite(value) || (!Number.isSafeInteger(value) && /^-?[0-9]+$/.test(context.source));
  return loses ? JSON.rawJSON(context.source) : value;
}

/** Recursion ends at the depth that every row is checked for before it is parsed. */
function isUnicode(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isUnicode(inner));
}

function reasonOf(text: string, found: { at: number; expected: string }): string {
  const point = text.codePointAt(found.at);
  const what = point === undefined ? "the end" : JSON.stringify(String.fromCodePoint(point));
  return `${found.expected} expected, ${what} found`;
}

function bad(raw: RawRow, type: string, reason: string, offset: number): ParsedRow {
  let line = raw.line;
  for (let at = 0; at < offset; at++) if (raw.bytes[at] === 10) line += 1;
  // A reject file keeps the beginning of a row; no more of it needs to be decoded.
  const text = Buffer.from(raw.bytes.subarray(0, 8192)).toString("utf8").trim();
  return { ok: false, type, reason, line, byte: raw.byte + offset, text };
}

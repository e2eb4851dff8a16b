import { isUtf8 } from "node:buffer";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import type { Format } from "./extraction.ts";
import { detectEncoding, trimPartialCharacter } from "./input/text-encoding.ts";

const formatByEnding: Record<string, Format> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
  ".pq": "parquet",
  ".pdf": "pdf",
  ".txt": "text",
  ".text": "text",
  ".log": "text",
  ".md": "markdown",
  ".markdown": "markdown",
  ".html": "html",
  ".htm": "html",
  ".xhtml": "html",
};

/** How many bytes of a file `detectFormat` should be given. */
export const formatHeadBytes = 64 << 10;

/**
 * Tells a file's format. Content that shows it beats the name's ending; binary content of no known kind is
 * `upload-format`, as is an ending that promises a format which the content plainly is not.
 */
export function detectFormat({ name, head }: { name: string; head: Uint8Array }): Format {
  const byEnding = formatByEnding[path.extname(name).toLowerCase()];
  const magic = Buffer.from(head.subarray(0, 1024)).toString("latin1");
  if (magic.startsWith("PAR1")) return "parquet";
  if (/^\s*%PDF-/.test(magic)) return "pdf";
  // These answer for themselves: their readers say what is wrong with a broken file.
  if (byEnding === "pdf" || byEnding === "parquet") return byEnding;
  // JSON has its own strict rules for bytes, and names them better than "binary" would.
  if (byEnding === "json") return holdsObjectLines(head) ? "ndjson" : "json";
  if (byEnding === "ndjson") return byEnding;
  if (isBinary(head)) throw unknownFormat(name);
  if (byEnding !== undefined) return byEnding;
  return guessText(head);
}

/** One JSON object to a line, at least two of them. */
function holdsObjectLines(head: Uint8Array): boolean {
  const [first, second] = Buffer.from(head)
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart()
    .split(/\r?\n/, 2);
  return second?.trimStart().startsWith("{") === true && isJsonObject(first ?? "");
}

function isJsonObject(text: string): boolean {
  if (!text.startsWith("{")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not one object on the line: the text is not NDJSON, which is all that was asked.
    return false;
  }
}

function isBinary(head: Uint8Array): boolean {
  if (head.length === 0) return false;
  const { encoding } = detectEncoding(head);
  if (encoding === "utf-16le" || encoding === "utf-16be") return false;
  let controls = 0;
  let zeros = 0;
  for (const byte of head) {
    if (byte === 0) zeros += 1;
    else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27)
      controls += 1;
  }
  // A stray control character is damage that a reader can report; many of them are no text.
  const isText = isUtf8(trimPartialCharacter(head));
  return zeros > head.length / 1000 + 1 || controls > head.length / (isText ? 10 : 50) + 2;
}

function guessText(head: Uint8Array): Format {
  const { encoding, markBytes } = detectEncoding(head);
  const text = new TextDecoder(encoding).decode(head.subarray(markBytes)).trimStart();
  if (/^(<!doctype html|<html|<head|<body)/i.test(text)) return "html";
  if (holdsObjectLines(head)) return "ndjson";
  if (/^(\{\s*["}]|\[\s*[[{"\]0-9tfn-])/.test(text)) return "json";
  return "text";
}

function unknownFormat(name: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "upload-format",
    message: `${name} is binary and of no format that can be read here.`,
    place: { file: name },
    remedy: "Send CSV, TSV, JSON, NDJSON, Parquet, PDF, text, Markdown or HTML.",
  });
}

import { extractError } from "../extract-error.ts";
import { ByteWindow } from "./byte-window.ts";
import { jsonDepthMax, jsonRowBytesMax } from "./json-limits.ts";
import type { RawRow } from "./raw-row.ts";
import { isSpace, readElements } from "./read-elements.ts";
import { readLines } from "./read-lines.ts";
import { nestingDepth } from "./scan-value.ts";

/**
 * The rows of a JSON file as texts, with bounded memory: the elements of an array, the lines of NDJSON, or the one
 * value that the file holds. The bytes of a batch are good until the next one is asked for.
 */
export async function* readRawRows(options: {
  path: string;
  name: string;
  format: "json" | "ndjson";
}): AsyncGenerator<RawRow[]> {
  const window = await ByteWindow.open(options.path);
  try {
    await skipToValue(window, options.name);
    if (options.format === "ndjson") yield* readLines(window);
    else if (window.bytes[window.start] === 91) yield* readElements(window, options.name);
    else yield [await readOnly(window)];
  } finally {
    await window.close();
  }
}

/** Passes a byte order mark and white space. A mark alone is as empty as nothing at all. */
async function skipToValue(window: ByteWindow, name: string): Promise<void> {
  await window.more();
  const { bytes } = window;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) window.passTo(3);
  for (;;) {
    let at = window.start;
    while (at < window.end && isSpace(window.bytes[at]!)) at += 1;
    window.passTo(at);
    if (at < window.end) return;
    if (window.last) break;
    await window.more();
  }
  throw extractError({
    type: "json-empty",
    message: `${name} is empty: it holds no JSON value.`,
    place: { file: name, line: 1, byte: 0 },
    remedy: "Send a JSON array, an object, or one object per line.",
  });
}

async function readOnly(window: ByteWindow): Promise<RawRow> {
  while (!window.last && window.end - window.start <= jsonRowBytesMax) await window.more();
  const bytes = window.bytes.subarray(window.start, window.end);
  const place = { line: window.line, row: 1, byte: window.offset(window.start) };
  if (bytes.length > jsonRowBytesMax)
    return { bytes: bytes.subarray(0, 8192), ...place, trouble: "json-row-size" };
  return { bytes, ...place, ...(nestingDepth(bytes) > jsonDepthMax ? { trouble: "json-depth" } : {}) };
}

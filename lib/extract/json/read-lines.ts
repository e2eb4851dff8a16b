import type { ByteWindow } from "./byte-window.ts";
import { jsonDepthMax, jsonRowBytesMax } from "./json-limits.ts";
import type { RawRow } from "./raw-row.ts";
import { nestingDepth } from "./scan-value.ts";

/** The lines of an NDJSON file that are not blank, in batches of one window each. */
export async function* readLines(window: ByteWindow): AsyncGenerator<RawRow[]> {
  let row = 0;
  let passing = false;
  while (!window.last) {
    await window.more();
    const rows: RawRow[] = [];
    while (window.start < window.end) {
      const found = window.bytes.subarray(0, window.end).indexOf(10, window.start);
      const end = found === -1 ? window.end : found;
      const tooLong = end - window.start > jsonRowBytesMax;
      if (found === -1 && !window.last && !tooLong && !passing) break;
      const line = window.bytes.subarray(window.start, end);
      if (!passing && !isBlank(line)) {
        row += 1;
        rows.push({
          bytes: tooLong ? line.subarray(0, 8192) : line,
          line: window.line,
          row,
          byte: window.offset(window.start),
          ...troubleOf(line, tooLong),
        });
      }
      passing = found === -1;
      window.passTo(found === -1 ? end : end + 1);
    }
    yield rows;
  }
}

function troubleOf(line: Uint8Array, tooLong: boolean): { trouble?: "json-depth" | "json-row-size" } {
  if (tooLong) return { trouble: "json-row-size" };
  return nestingDepth(line) > jsonDepthMax ? { trouble: "json-depth" } : {};
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

import { carriageReturn, lineFeed } from "./scan-record.ts";

/**
 * Where the line ends that holds `start`, and where the next one begins; undefined where the bytes end before that is
 * certain. A line feed that belongs to a carriage return is part of its line break.
 */
export function endOfLine(
  bytes: Uint8Array,
  range: { start: number; end: number; last: boolean },
): { end: number; next: number } | undefined {
  for (let at = range.start; at < range.end; at++) {
    const byte = bytes[at];
    if (byte === lineFeed) return { end: at, next: at + 1 };
    if (byte !== carriageReturn) continue;
    if (at + 1 === range.end && !range.last) return undefined;
    return { end: at, next: bytes[at + 1] === lineFeed && at + 1 < range.end ? at + 2 : at + 1 };
  }
  return range.last ? { end: range.end, next: range.end } : undefined;
}

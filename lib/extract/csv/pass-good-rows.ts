import { type CsvMarks, carriageReturn, lineFeed, terminator } from "./scan-record.ts";

/** Good rows that were passed in one go; one object is used again and again. */
export interface PassedRows {
  /** Where the first row begins that was not passed. */
  next: number;
  rowCount: number;
  /** Line feeds inside quotes. */
  innerLines: number;
  /** Bits of `terminator` that occurred. */
  terminators: number;
  rowBytesMax: number;
}

export function newPassedRows(): PassedRows {
  return { next: 0, rowCount: 0, innerLines: 0, terminators: 0, rowBytesMax: 0 };
}

/**
 * Passes the rows that are beyond doubt: whole quotes, the right number of fields, and a line feed at the end. It stops
 * at the first row that is anything else, which `scanRecord` then judges. Nearly every byte of nearly every file goes
 * through this one loop, so it makes no calls and keeps its state in local numbers.
 */
export function passGoodRows(
  bytes: Uint8Array,
  range: { start: number; end: number; fieldCount: number },
  { delimiter, quote }: CsvMarks,
  passed: PassedRows,
): void {
  const { end, fieldCount } = range;
  const highest = Math.max(delimiter, carriageReturn);
  let at = range.start;
  let rowStart = at;
  let fields = 1;
  let innerLines = 0;
  begin(passed, at);
  while (at < end) {
    let byte = bytes[at]!;
    if (byte === quote) {
      // A doubled quote goes straight on with the next piece of the same text.
      do {
        at += 1;
        for (; at < end && bytes[at] !== quote; at++) if (bytes[at] === lineFeed) innerLines += 1;
        at += 1;
      } while (at < end && bytes[at] === quote);
      if (at >= end) return;
      byte = bytes[at]!;
    } else {
      while (byte > highest || (byte !== delimiter && byte !== lineFeed && byte !== carriageReturn)) {
        at += 1;
        if (at >= end) return;
        byte = bytes[at]!;
      }
    }
    if (byte === delimiter) {
      fields += 1;
      at += 1;
      continue;
    }
    if (fields !== fieldCount || at === rowStart) return;
    const rowBytes = at - rowStart;
    if (byte === lineFeed) {
      passed.terminators |= terminator.lineFeed;
    } else if (byte === carriageReturn && at + 1 < end && bytes[at + 1] === lineFeed) {
      passed.terminators |= terminator.carriageReturnLineFeed;
      at += 1;
    } else return;
    at += 1;
    if (rowBytes > passed.rowBytesMax) passed.rowBytesMax = rowBytes;
    passed.rowCount += 1;
    passed.innerLines += innerLines;
    passed.next = at;
    rowStart = at;
    fields = 1;
    innerLines = 0;
  }
}

function begin(passed: PassedRows, start: number): void {
  passed.next = start;
  passed.rowCount = 0;
  passed.innerLines = 0;
  passed.terminators = 0;
}

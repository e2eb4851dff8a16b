/** How one record of a CSV is written: single bytes, since no supported delimiter or quote is longer in UTF-8. */
export interface CsvMarks {
  delimiter: number;
  quote: number;
}

export const lineFeed = 10;
export const carriageReturn = 13;

/** Bits, so that the kinds seen in a file can be gathered in one number; 0 is the end of the file. */
export const terminator = { none: 0, lineFeed: 1, carriageReturnLineFeed: 2, carriageReturn: 4 } as const;

/** What `scanRecord` found; one object is used again and again, since a new one for each row costs half the speed. */
export interface RecordScan {
  /** Where the next record begins. */
  next: number;
  /** Where the record's text ends, before its line break. */
  end: number;
  fieldCount: number;
  terminator: number;
  /** Line feeds inside quotes. */
  innerLines: number;
  /** Offset of the byte at which the quoting breaks, -1 where it does not. */
  brokenAt: number;
  broken: "none" | "text-after-quote" | "quote-not-closed";
}

export function newRecordScan(): RecordScan {
  return { next: 0, end: 0, fieldCount: 0, terminator: 0, innerLines: 0, brokenAt: -1, broken: "none" };
}

/**
 * Reads one record from `start`. False where `bytes` end inside it and `last` does not say that the file ends there.
 * A quote that does not begin a field is an ordinary character.
 */
export function scanRecord(
  bytes: Uint8Array,
  range: { start: number; end: number; last: boolean },
  marks: CsvMarks,
  scan: RecordScan,
): boolean {
  const { end, last } = range;
  const { delimiter, quote } = marks;
  let at = range.start;
  scan.fieldCount = 1;
  scan.innerLines = 0;
  scan.brokenAt = -1;
  scan.broken = "none";
  for (;;) {
    if (at < end && bytes[at] === quote) {
      at = skipQuoted(bytes, at, end, quote, scan);
      if (at === -1) return last && breakOff(scan, "quote-not-closed", end);
      if (at === end && !last) return false;
      if (at < end && bytes[at] !== delimiter && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) {
        return breakOff(scan, "text-after-quote", at);
      }
    } else {
      at = skipPlain(bytes, at, end, delimiter);
    }
    if (at >= end) return last && endRecord(scan, end, end, terminator.none);
    const byte = bytes[at];
    at += 1;
    if (byte === delimiter) scan.fieldCount += 1;
    else if (byte === lineFeed) return endRecord(scan, at - 1, at, terminator.lineFeed);
    else if (at < end && bytes[at] === lineFeed) {
      return endRecord(scan, at - 1, at + 1, terminator.carriageReturnLineFeed);
    } else if (at < end || last) return endRecord(scan, at - 1, at, terminator.carriageReturn);
    else return false;
  }
}

/** Offset of the delimiter or line break that ends an unquoted field, or `end`. Most bytes cost one comparison. */
function skipPlain(bytes: Uint8Array, start: number, end: number, delimiter: number): number {
  const highest = Math.max(delimiter, carriageReturn);
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= highest && (byte === delimiter || byte === lineFeed || byte === carriageReturn)) return at;
  }
  return end;
}

/** Offset after the closing quote; -1 where the bytes end before it. Doubled quotes stand for one. */
function skipQuoted(bytes: Uint8Array, start: number, end: number, quote: number, scan: RecordScan): number {
  let at = start + 1;
  for (;;) {
    while (at < end && bytes[at] !== quote) {
      if (bytes[at] === lineFeed) scan.innerLines += 1;
      at += 1;
    }
    if (at >= end) {
      scan.brokenAt = start;
      return -1;
    }
    at += 1;
    if (at >= end || bytes[at] !== quote) return at;
    at += 1;
  }
}

function endRecord(scan: RecordScan, end: number, next: number, kind: number): true {
  scan.end = end;
  scan.next = next;
  scan.terminator = kind;
  return true;
}

function breakOff(scan: RecordScan, broken: RecordScan["broken"], at: number): true {
  scan.broken = broken;
  if (scan.brokenAt === -1) scan.brokenAt = at;
  return endRecord(scan, at, at, terminator.none);
}

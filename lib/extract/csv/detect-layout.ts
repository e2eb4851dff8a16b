import { trimPartialCharacter } from "../input/text-encoding.ts";
import { uniqueNames } from "../unique-names.ts";
import { detectMarks, usualCount } from "./detect-marks.ts";
import { type CsvMarks, newRecordScan, scanRecord, terminator } from "./scan-record.ts";
import { splitRecord } from "./split-record.ts";
import { possibleTypes } from "./value-type.ts";

/** Where a table stands in a file and how it is written. */
export interface CsvLayout {
  marks: CsvMarks;
  columnNames: string[];
  hasHeader: boolean;
  /** Offset of the header, or of the first row where there is none. */
  tableStart: number;
  /** Offset and line (from 1) of the first row of data. */
  dataStart: number;
  dataLine: number;
  /** The bit of `terminator` that ends the header. */
  headerTerminator: number;
}

interface HeadRecord {
  start: number;
  next: number;
  line: number;
  terminator: number;
  fields: (string | null)[];
}

// A title, a date, an author, some blank lines: longer texts before a table are not one.
const preambleRecordsMax = 50;
const headRecordsMax = 200;

/** Reads the layout off the file's first bytes; undefined where they hold no record at all. */
export function detectLayout(
  head: Uint8Array,
  options: { complete: boolean; preferTab: boolean; markBytes: number },
): CsvLayout | undefined {
  const told = readSeparatorLine(head, options.markBytes);
  const start = told?.next ?? options.markBytes;
  const body = options.complete ? head.subarray(start) : trimPartialCharacter(head.subarray(start));
  const found = detectMarks(body, options.complete, options.preferTab);
  const marks = told === undefined ? found : { ...found, delimiter: told.delimiter };
  const records = readHeadRecords(head, { start, line: told === undefined ? 1 : 2 }, options.complete, marks);
  const first = records[findTable(records)];
  if (first === undefined) return undefined;
  const rest = records.slice(records.indexOf(first) + 1);
  const hasHeader = isHeader(first.fields, rest);
  return {
    marks,
    columnNames: uniqueNames(hasHeader ? first.fields : first.fields.map(() => null)),
    hasHeader,
    tableStart: first.start,
    dataStart: hasHeader ? first.next : first.start,
    dataLine: hasHeader ? first.line + countLines(head.subarray(first.start, first.next)) : first.line,
    headerTerminator: hasHeader ? first.terminator : terminator.none,
  };
}

/** The line `sep=;` with which spreadsheets announce their delimiter. */
function readSeparatorLine(head: Uint8Array, start: number) {
  const line = Buffer.from(head.subarray(start, start + 8)).toString("latin1");
  const match = /^sep=([,;\t|])(\r\n|\n|\r)/i.exec(line);
  if (match === null) return undefined;
  return { delimiter: match[1]!.charCodeAt(0), next: start + match[0].length };
}

function readHeadRecords(
  head: Uint8Array,
  from: { start: number; line: number },
  complete: boolean,
  marks: CsvMarks,
): HeadRecord[] {
  const scan = newRecordScan();
  const records: HeadRecord[] = [];
  let { start, line } = from;
  while (start < head.length && records.length < headRecordsMax) {
    if (!scanRecord(head, { start, end: head.length, last: complete }, marks, scan)) break;
    if (scan.broken !== "none") break;
    if (scan.end > start) {
      const fields = splitRecord(head.subarray(start, scan.end), marks);
      records.push({ start, next: scan.next, line, terminator: scan.terminator, fields });
    }
    line += scan.innerLines + 1;
    start = scan.next;
  }
  return records;
}

/**
 * Position of the table's first record: lines above it have at most half of its fields, or a single value where names
 * above typed values follow. A line that is only somewhat shorter is a header that does not match, not a preamble.
 */
function findTable(records: HeadRecord[]): number {
  const usual = usualCount(records.map((record) => record.fields.length));
  let at = 0;
  while (at < Math.min(records.length - 1, preambleRecordsMax) && isPreamble(records, at, usual)) at += 1;
  return isPreamble(records, at, usual) ? 0 : at;
}

function isPreamble(records: HeadRecord[], at: number, usual: number): boolean {
  const fields = records[at]?.fields ?? [];
  if (usual < 2) return false;
  if (fields.length * 2 <= usual) return true;
  if (usual < 3 || valueCount(fields) > 1) return false;
  const below = records.findIndex((record, position) => position > at && valueCount(record.fields) > 1);
  return below !== -1 && standsAboveTyped(records[below]!.fields, records.slice(below + 1));
}

/** Names stand above the values: the first record is a row only where it is typed and nothing sets it apart. */
function isHeader(first: (string | null)[], rest: HeadRecord[]): boolean {
  if (!first.some(isTyped)) return valueCount(first) > 0;
  return standsAboveTyped(first, rest);
}

function standsAboveTyped(names: (string | null)[], rest: HeadRecord[]): boolean {
  return names.some(
    (name, column) => !isTyped(name) && rest.some((row) => isTyped(row.fields[column] ?? null)),
  );
}

function isTyped(value: string | null): boolean {
  return value !== null && possibleTypes(value).size > 0;
}

function valueCount(fields: (string | null)[]): number {
  return fields.filter((field) => field !== null && field.trim() !== "").length;
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10)) count += 1;
  }
  return count;
}

import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { firstStrayByte } from "../input/first-stray-byte.ts";
import { trimPartialCharacter } from "../input/text-encoding.ts";
import type { BadRow } from "../reject-file.ts";
import type { CsvLayout } from "./detect-layout.ts";
import { endOfLine } from "./end-of-line.ts";
import { newPassedRows, passGoodRows } from "./pass-good-rows.ts";
import { carriageReturn, newRecordScan, scanRecord } from "./scan-record.ts";

export interface CsvScan {
  rowCount: number;
  rejectedCount: number;
  /** Bits of `terminator` that occur. */
  terminators: number;
  /** Length of the longest good row. */
  rowBytesMax: number;
}

export interface CsvScanHooks {
  /** One good row, without its line break; `order` counts the rows of one window of the file. */
  row?: (bytes: Buffer, start: number, end: number, order: number) => void;
  bad?: (row: BadRow) => Promise<void>;
  /** After each window, with the offset up to which the file has been read. */
  window?: (bytesDone: number) => Promise<void> | void;
}

// A window takes about 2 ms to scan, so the event loop stays free.
const windowBytes = 1 << 20;
/** A longer row is refused: it must fit in memory several times over, here and in the engine. */
export const rowBytesLimit = 16 << 20;
// Re-reading after broken quotes stays a fraction of the work, also in a file made to provoke it.
const rewindBytesMax = 64 << 20;

/**
 * Walks all rows of a UTF-8 CSV, strictly: quoting, field counts, encoding. Memory is bounded; a broken row is told to
 * `bad`, and reading goes on at the line after the one where that row began.
 */
export async function scanRows(
  options: { path: string; layout: CsvLayout; signal?: AbortSignal | undefined },
  hooks: CsvScanHooks,
): Promise<CsvScan> {
  const file = await open(options.path, "r");
  try {
    const { size } = await file.stat();
    const state = newState(options.layout, size);
    for (let ended = false; !ended; ended = state.last) {
      options.signal?.throwIfAborted();
      await fill(state, file);
      await scanWindow(state, hooks);
      await hooks.window?.(state.windowAt + state.start);
    }
    const { rowCount, rejectedCount, terminators, rowBytesMax } = state;
    return { rowCount, rejectedCount, terminators, rowBytesMax };
  } finally {
    await file.close();
  }
}

type State = ReturnType<typeof newState>;

function newState(layout: CsvLayout, fileBytes: number) {
  return {
    layout,
    // A megabyte for every small file would be collected again and again; the one byte more sees the end.
    bytes: Buffer.allocUnsafe(Math.min(windowBytes, fileBytes + 1)),
    /** Offset in the file of `bytes[0]`. */
    windowAt: layout.dataStart,
    start: 0,
    end: 0,
    /** No byte follows those in the window. */
    last: false,
    /** The window holds bytes that no row may hold, so each row is looked at. */
    strays: false,
    /** Reading goes on behind the next line break. */
    skipsLine: false,
    order: 0,
    line: layout.dataLine,
    rowCount: 0,
    rejectedCount: 0,
    terminators: 0,
    rowBytesMax: 0,
    rewound: 0,
    scan: newRecordScan(),
    passed: newPassedRows(),
  };
}

/** Moves the unread rest to the front and reads behind it; a rest that fills half of the window doubles it. */
async function fill(state: State, file: FileHandle): Promise<void> {
  const rest = state.bytes.subarray(state.start, state.end);
  const bytes =
    rest.length > state.bytes.length / 2 ? Buffer.allocUnsafe(state.bytes.length * 2) : state.bytes;
  rest.copy(bytes, 0);
  state.windowAt += state.start;
  state.bytes = bytes;
  state.start = 0;
  state.end = rest.length;
  state.order = 0;
  while (!state.last && state.end < bytes.length) {
    const { bytesRead } = await file.read(
      bytes,
      state.end,
      bytes.length - state.end,
      state.windowAt + state.end,
    );
    if (bytesRead === 0) state.last = true;
    state.end += bytesRead;
  }
  const window = bytes.subarray(0, state.end);
  state.strays = window.includes(0) || !isUtf8(state.last ? window : trimPartialCharacter(window));
}

async function scanWindow(state: State, hooks: CsvScanHooks): Promise<void> {
  if (state.skipsLine) skipLine(state, state.start);
  for (
    let trouble = scanGoodRows(state, hooks);
    trouble !== undefined;
    trouble = scanGoodRows(state, hooks)
  ) {
    await rejectRow(state, trouble, hooks);
  }
}

interface Trouble {
  type: string;
  reason: string;
  /** Offset in the window of the byte at fault. */
  at: number;
  column?: string | undefined;
  /** The row's extent is known, and the next row begins at `scan.next`. */
  whole: boolean;
}

/** Reads good rows up to the first bad one, or up to the end of the window. */
function scanGoodRows(state: State, hooks: CsvScanHooks): Trouble | undefined {
  const { scan, bytes } = state;
  const { marks, columnNames } = state.layout;
  const range = { start: state.start, end: state.end, last: state.last };
  while (state.start < state.end && !state.skipsLine) {
    if (hooks.row === undefined && !state.strays) passMany(state);
    if (state.start === state.end) return undefined;
    range.start = state.start;
    if (!scanRecord(bytes, range, marks, scan)) {
      return state.end - state.start > rowBytesLimit ? tooLong(state) : undefined;
    }
    const isBlank = scan.broken === "none" && scan.end === state.start && columnNames.length > 1;
    if (!isBlank) {
      const trouble = findTrouble(state);
      if (trouble !== undefined) return trouble;
      hooks.row?.(bytes, state.start, scan.end, state.order);
      state.order += 1;
      state.rowCount += 1;
      if (scan.end - state.start > state.rowBytesMax) state.rowBytesMax = scan.end - state.start;
    }
    state.terminators |= scan.terminator;
    state.line += scan.innerLines + 1;
    state.start = scan.next;
  }
  return undefined;
}

/** The quick way over rows that nobody wants to see; it stops where one must be looked at. */
function passMany(state: State): void {
  const { bytes, start, end, passed } = state;
  // A window that holds a row of the limit is never passed quickly, so that the limit is looked at in one place.
  if (bytes.length > rowBytesLimit) return;
  const { marks, columnNames } = state.layout;
  passGoodRows(bytes, { start, end, fieldCount: columnNames.length }, marks, passed);
  state.start = passed.next;
  state.rowCount += passed.rowCount;
  state.line += passed.rowCount + passed.innerLines;
  state.terminators |= passed.terminators;
  if (passed.rowBytesMax > state.rowBytesMax) state.rowBytesMax = passed.rowBytesMax;
}

function findTrouble(state: State): Trouble | undefined {
  const { scan, start } = state;
  const { columnNames } = state.layout;
  if (scan.broken !== "none") {
    const column = columnNames[scan.fieldCount - 1];
    const reason =
      scan.broken === "text-after-quote"
        ? "text follows a closing quote"
        : "a quote is opened and never closed";
    return { type: "csv-quote", reason, at: scan.brokenAt, column, whole: false };
  }
  if (scan.end - start > rowBytesLimit) return tooLong(state);
  if (scan.fieldCount !== columnNames.length) {
    const reason = `the row has ${countOf(scan.fieldCount, "field")}, the table has ${countOf(columnNames.length, "column")}`;
    return { type: "csv-fields", reason, at: start, whole: true };
  }
  if (!state.strays) return undefined;
  const row = state.bytes.subarray(start, scan.end);
  const stray = firstStrayByte(row);
  if (stray !== undefined) {
    return {
      type: "csv-encoding",
      reason: "the row holds bytes that are not UTF-8",
      at: start + stray,
      whole: true,
    };
  }
  const zero = row.indexOf(0);
  if (zero === -1) return undefined;
  return { type: "csv-zero-byte", reason: "the row holds a zero byte", at: start + zero, whole: true };
}

function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function tooLong(state: State): Trouble {
  const { brokenAt } = state.scan;
  const limit = `${rowBytesLimit >> 20} MiB`;
  if (brokenAt === -1) {
    return { type: "csv-row-size", reason: `the row is longer than ${limit}`, at: state.start, whole: false };
  }
  return {
    type: "csv-quote",
    reason: `a quote is opened and not closed within ${limit}`,
    at: brokenAt,
    whole: false,
  };
}

// A reject file keeps the beginning of a row; no more of it needs to be decoded.
const rejectTextBytes = 8192;

async function rejectRow(state: State, trouble: Trouble, hooks: CsvScanHooks): Promise<void> {
  const { start, line, scan } = state;
  state.rejectedCount += 1;
  const row = state.rowCount + state.rejectedCount;
  const rowEnd = passRow(state, trouble);
  const text = state.bytes.subarray(start, Math.min(rowEnd, start + rejectTextBytes)).toString("utf8");
  const { type, reason, column } = trouble;
  const byte = state.windowAt + trouble.at;
  await hooks.bad?.({ type, line, row, byte, ...(column === undefined ? {} : { column }), reason, text });
  scan.broken = "none";
}

/** Moves past the bad row and answers where its text ends. */
function passRow(state: State, trouble: Trouble): number {
  const { start, scan } = state;
  if (trouble.whole) {
    state.start = scan.next;
    state.line += scan.innerLines + 1;
    return scan.end;
  }
  const readTo = scan.broken === "text-after-quote" ? scan.next : state.end;
  const mayRewind = state.rewound + readTo - start <= rewindBytesMax;
  if (mayRewind) state.rewound += readTo - start;
  else state.line += scan.innerLines;
  return skipLine(state, mayRewind ? start : readTo);
}

/** Puts the start behind the line that holds `from`; where the window ends before it does, the next one goes on. */
function skipLine(state: State, from: number): number {
  const found = endOfLine(state.bytes, { start: from, end: state.end, last: state.last });
  state.skipsLine = found === undefined;
  const endsInBreak = state.bytes[state.end - 1] === carriageReturn;
  state.start = found?.next ?? (endsInBreak ? state.end - 1 : state.end);
  if (found !== undefined) state.line += 1;
  return found?.end ?? state.end;
}

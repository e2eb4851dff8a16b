import { extractError } from "../extract-error.ts";
import type { ByteWindow } from "./byte-window.ts";
import { jsonDepthMax, jsonRowBytesMax } from "./json-limits.ts";
import type { RawRow } from "./raw-row.ts";
import { newValueScan, scanElement, type ValueScan } from "./scan-value.ts";

const openBracket = 91;
const closeBracket = 93;
// What a reject file shows of a row that is not kept.
const cutBytes = 8192;

/**
 * The elements of a JSON array, in batches of one window each; the window's start must stand on the opening bracket.
 * Brackets, commas and the end are checked here; whether an element is JSON is for its reader to say.
 */
export async function* readElements(window: ByteWindow, name: string): AsyncGenerator<RawRow[]> {
  if (window.bytes[window.start] !== openBracket) throw new Error("The window must begin with an array.");
  window.passTo(window.start + 1);
  const state: ArrayState = { row: 1, scan: newValueScan(), scanned: 0, cut: undefined, closed: false };
  for (;;) {
    yield takeElements(window, state);
    if (state.closed) break;
    if (window.last) throw notClosed(window, name);
    if (window.end - window.start > jsonRowBytesMax) cutElement(window, state);
    await window.more();
  }
  await expectEnd(window, name);
}

interface ArrayState {
  /** Number of the element at the window's start. */
  row: number;
  scan: ValueScan;
  /** Bytes of that element which are scanned already. */
  scanned: number;
  /** The beginning of an element that is too long to be kept. */
  cut: RawRow | undefined;
  closed: boolean;
}

function takeElements(window: ByteWindow, state: ArrayState): RawRow[] {
  const rows: RawRow[] = [];
  while (!state.closed) {
    const found = scanElement(window.bytes, window.start + state.scanned, window.end, state.scan);
    if (found === window.end) {
      state.scanned = window.end - window.start;
      break;
    }
    state.closed = window.bytes[found] === closeBracket;
    if (state.cut === undefined) passSpace(window, found);
    const row = state.cut ?? elementRow(window, state, found);
    const isEmptyArray = state.closed && state.row === 1 && state.cut === undefined && isBlank(row.bytes);
    if (!isEmptyArray) rows.push(row);
    window.passTo(found + 1);
    state.row += 1;
    state.scan = newValueScan();
    state.scanned = 0;
    state.cut = undefined;
  }
  return rows;
}

function elementRow(window: ByteWindow, state: ArrayState, end: number): RawRow {
  const bytes = window.bytes.subarray(window.start, end);
  const place = { line: window.line, row: state.row, byte: window.offset(window.start) };
  if (bytes.length > jsonRowBytesMax) {
    return { bytes: bytes.subarray(0, cutBytes), ...place, trouble: "json-row-size" };
  }
  // The array itself is one level.
  const tooDeep = state.scan.depthMax + 1 > jsonDepthMax;
  return { bytes, ...place, ...(tooDeep ? { trouble: "json-depth" } : {}) };
}

function passSpace(window: ByteWindow, end: number): void {
  let at = window.start;
  while (at < end && isSpace(window.bytes[at]!)) at += 1;
  window.passTo(at);
}

/** Gives up what is read of an element that is too long; its scan goes on where it stands. */
function cutElement(window: ByteWindow, state: ArrayState): void {
  state.cut ??= {
    bytes: Buffer.from(window.bytes.subarray(window.start, window.start + cutBytes)),
    line: window.line,
    row: state.row,
    byte: window.offset(window.start),
    trouble: "json-row-size",
  };
  window.passTo(window.end);
  state.scanned = 0;
}

async function expectEnd(window: ByteWindow, name: string): Promise<void> {
  for (;;) {
    const rest = window.bytes.subarray(window.start, window.end);
    const at = rest.findIndex((byte) => !isSpace(byte));
    if (at !== -1) {
      window.passTo(window.start + at);
      throw structureError(window, name, "there is more text after the end of the array");
    }
    window.passTo(window.end);
    if (window.last) return;
    await window.more();
  }
}

function notClosed(window: ByteWindow, name: string) {
  window.passTo(window.end);
  return structureError(window, name, "the file ends before its array does");
}

function structureError(window: ByteWindow, name: string, reason: string) {
  const byte = window.offset(window.start);
  return extractError({
    type: "json-structure",
    message: `${name}, line ${window.line}, byte ${byte}: ${reason}.`,
    place: { file: name, line: window.line, byte },
    remedy: "Send one complete JSON array, or one object per line in a file that ends with .ndjson.",
  });
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(isSpace);
}

export function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

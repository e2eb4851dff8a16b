import { open } from "node:fs/promises";
import type { CsvLayout } from "./detect-layout.ts";
import { endOfLine } from "./end-of-line.ts";
import { newRecordScan, scanRecord } from "./scan-record.ts";
import { splitRecord } from "./split-record.ts";
import { TypeGuess } from "./type-guess.ts";
import type { CsvType } from "./value-type.ts";

// Rows at the head settle most types; a few from places all over the file find what changes later.
const placeCount = 64;
const placeBytes = 64 << 10;
const rowsOfHead = 500;
const rowsOfPlace = 40;

/** Guesses the type of each column from rows spread over the file. A wrong guess costs time and nothing else. */
export async function sampleTypes(path: string, layout: CsvLayout): Promise<CsvType[]> {
  const guess = new TypeGuess(layout.columnNames.length);
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(placeBytes);
    const step = Math.max(placeBytes, (size - layout.dataStart) / placeCount);
    for (let at = layout.dataStart; at < size; at = Math.ceil(at + step)) {
      const isHead = at === layout.dataStart;
      const { bytesRead } = await file.read(bytes, 0, placeBytes, at);
      const last = at + bytesRead >= size;
      const start = isHead ? 0 : endOfLine(bytes, { start: 0, end: bytesRead, last })?.next;
      if (start === undefined) continue;
      seeRows(guess, layout, bytes, { start, end: bytesRead, last }, isHead ? rowsOfHead : rowsOfPlace);
    }
    return guess.types();
  } finally {
    await file.close();
  }
}

/** Whether a place begins within quotes is not known; what does not look like rows of the table is left out. */
function seeRows(
  guess: TypeGuess,
  layout: CsvLayout,
  bytes: Uint8Array,
  range: { start: number; end: number; last: boolean },
  rowCountMax: number,
): void {
  const scan = newRecordScan();
  let { start } = range;
  for (let count = 0; count < rowCountMax && start < range.end; count++) {
    if (!scanRecord(bytes, { ...range, start }, layout.marks, scan) || scan.broken !== "none") return;
    if (scan.fieldCount === layout.columnNames.length && scan.end > start) {
      guess.see(splitRecord(bytes.subarray(start, scan.end), layout.marks));
    }
    start = scan.next;
  }
}

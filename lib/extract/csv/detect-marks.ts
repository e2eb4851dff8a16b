import { endOfLine } from "./end-of-line.ts";
import { type CsvMarks, newRecordScan, scanRecord } from "./scan-record.ts";

// In this order where nothing else decides.
const delimiters = [",", ";", "\t", "|"];
const quotes = ['"', "'"];
// Past a few hundred rows more of them no longer change the verdict.
const recordCountMax = 500;

/** The field counts of the first records of `head` under the given marks, and how many records break the quoting. */
function countFields(head: Uint8Array, complete: boolean, marks: CsvMarks) {
  const scan = newRecordScan();
  const fieldCounts: number[] = [];
  let brokenCount = 0;
  let start = 0;
  while (start < head.length && fieldCounts.length + brokenCount < recordCountMax) {
    if (!scanRecord(head, { start, end: head.length, last: complete }, marks, scan)) break;
    if (scan.broken === "none") {
      if (scan.end > start) fieldCounts.push(scan.fieldCount);
      start = scan.next;
    } else {
      brokenCount += 1;
      start = endOfLine(head, { start, end: head.length, last: true })?.next ?? head.length;
    }
  }
  return { fieldCounts, brokenCount };
}

/** Chooses delimiter and quote under which most records of the head have the same number of fields. */
export function detectMarks(head: Uint8Array, complete: boolean, preferTab: boolean): CsvMarks {
  let best: CsvMarks = { delimiter: preferTab ? 9 : 44, quote: 34 };
  let bestScore = 0;
  for (const quote of quotes) {
    for (const delimiter of delimiters) {
      const marks = { delimiter: delimiter.charCodeAt(0), quote: quote.charCodeAt(0) };
      const score = scoreMarks(head, complete, marks) * (preferTab && delimiter === "\t" ? 1.5 : 1);
      if (score > bestScore) {
        best = marks;
        bestScore = score;
      }
    }
  }
  return best;
}

function scoreMarks(head: Uint8Array, complete: boolean, marks: CsvMarks): number {
  const { fieldCounts, brokenCount } = countFields(head, complete, marks);
  const usual = usualCount(fieldCounts);
  if (usual < 2) return 0;
  const alike = fieldCounts.filter((count) => count === usual).length;
  const consistency = alike / (fieldCounts.length + 2 * brokenCount);
  // A single quote is mostly an apostrophe: it is the quote only where fields begin and end with it all over.
  const trust = marks.quote === 34 ? 1 : singleQuoteTrust(head, marks);
  return consistency * consistency * trust * (1 + Math.min(usual, 20) / 1000);
}

function singleQuoteTrust(head: Uint8Array, marks: CsvMarks): number {
  const text = Buffer.from(head).toString("latin1");
  const delimiter = String.fromCharCode(marks.delimiter);
  const pairs = text.split(`'${delimiter}`).length + text.split(`${delimiter}'`).length - 2;
  return text.includes('"') || pairs < 2 ? 0 : 1.1;
}

/** The most frequent count, the larger of two that are equally frequent; 0 where there is none. */
export function usualCount(counts: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const count of counts) seen.set(count, (seen.get(count) ?? 0) + 1);
  let usual = 0;
  for (const [count, times] of seen) {
    const most = seen.get(usual) ?? 0;
    if (times > most || (times === most && count > usual)) usual = count;
  }
  return usual;
}

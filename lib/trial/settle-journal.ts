import type { JournalRecord } from "./trial-record.ts";

/**
 * Each event once, oldest first: a trial or a promotion may have been written twice, and a failure says nothing once
 * its trial was measured after all. The same for every order of the records.
 */
export function settleJournal(records: Iterable<JournalRecord>): JournalRecord[] {
  const ordered = [...records].sort(compareRecords);
  const measured = new Set(ordered.filter(({ kind }) => kind === "trial").map(({ trial }) => trial));
  const settled = new Map<string, JournalRecord>();
  for (const record of ordered) {
    if (record.kind === "failure" && measured.has(record.trial)) continue;
    const key = recordKey(record);
    if (!settled.has(key)) settled.set(key, record);
  }
  return [...settled.values()];
}

/** What two records of one event have in common, and no other. */
export function recordKey(record: JournalRecord): string {
  return record.kind === "promotion"
    ? `promotion ${record.intent} ${record.outcome}`
    : `${record.kind} ${record.trial}`;
}

function compareRecords(left: JournalRecord, right: JournalRecord): number {
  return compareText(left.at, right.at) || compareText(recordKey(left), recordKey(right));
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

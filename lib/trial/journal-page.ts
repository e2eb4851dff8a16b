import { DomainError } from "../errors/domain-error.ts";
import { recordKey } from "./settle-journal.ts";
import type { JournalRecord } from "./trial-record.ts";

export interface JournalPage {
  records: JournalRecord[];
  /** Where the next page begins; null after the oldest record. */
  next: string | null;
  total: number;
}

/**
 * A page of a settled journal, newest first. `before` is the `next` of the page before: it names a record and no
 * position, so that nothing is shown twice or left out where records are appended or compacted in between.
 */
export function journalPage(
  journal: readonly JournalRecord[],
  { limit, before }: { limit: number; before?: string | undefined },
): JournalPage {
  const mark = before === undefined ? undefined : decode(before);
  const older = mark === undefined ? journal : journal.filter((record) => isBefore(record, mark));
  const records = older.slice(-limit).reverse();
  const last = records.at(-1);
  const next = last !== undefined && older.length > records.length ? encode(last) : null;
  return { records, next, total: journal.length };
}

interface Mark {
  at: string;
  key: string;
}

function isBefore(record: JournalRecord, { at, key }: Mark): boolean {
  return record.at < at || (record.at === at && recordKey(record) < key);
}

function encode(record: JournalRecord): string {
  return Buffer.from(`${record.at}\n${recordKey(record)}`).toString("base64url");
}

function decode(text: string): Mark {
  const [at = "", key] = Buffer.from(text, "base64url").toString("utf8").split("\n");
  if (key !== undefined) return { at, key };
  throw new DomainError({
    kind: "invalid",
    type: "page-mark",
    field: "before",
    message: "This is no place in the journal.",
    remedy: "Give what an earlier page called next.",
  });
}

import { listSegments } from "../storage/append-segment.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { type Compaction, compactAppendLog } from "../storage/compact-append-log.ts";
import { recordKey } from "./settle-journal.ts";
import { type JournalOptions, journalFolder, readJournal } from "./trial-journal.ts";
import { JournalRecord } from "./trial-record.ts";

/** Every trial writes a segment of its own, and a reader opens them all at once. */
const segmentsMax = 128;

/** Compacts a journal that has come to consist of many files. */
export async function compactJournalIfDue(options: JournalOptions): Promise<void> {
  const segments = await listSegments(journalFolder(options));
  if (segments.length > segmentsMax) await compactJournal(options);
}

/**
 * Rewrites the journal without what a reader passes over anyway: second copies, and failures of trials that were
 * measured after all. Records that are appended meanwhile stay; a kill at any point loses none.
 */
export async function compactJournal(
  options: JournalOptions & { signal?: AbortSignal },
): Promise<Compaction> {
  const { telemetry, signal } = options;
  const settled = await readJournal(options);
  const texts = new Map(settled.map((record) => [recordKey(record), textOf(record)]));
  const measured = new Set(settled.filter(({ kind }) => kind === "trial").map(({ trial }) => trial));
  const written = new Set<string>();
  const keep = (record: JournalRecord): boolean => {
    if (record.kind === "failure" && measured.has(record.trial)) return false;
    const key = recordKey(record);
    const text = texts.get(key);
    // Unknown: it was appended after the reading above.
    if (text === undefined) return true;
    if (text !== textOf(record) || written.has(key)) return false;
    written.add(key);
    return true;
  };
  const folder = journalFolder(options);
  return compactAppendLog({
    folder,
    schema: JournalRecord,
    keep,
    telemetry,
    ...(signal === undefined ? {} : { signal }),
  });
}

function textOf(record: JournalRecord): string {
  return canonicalJson(JSON.parse(JSON.stringify(record)));
}

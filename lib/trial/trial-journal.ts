import path from "node:path";
import { openAppendLog, readAppendLog } from "../storage/append-log.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { settleJournal } from "./settle-journal.ts";
import { JournalRecord } from "./trial-record.ts";

export interface JournalOptions {
  store: LocalStore;
  index: string;
  telemetry: Telemetry;
}

/** The folder of the journal, in the index's home bucket. */
export function journalFolder({ store, index }: Pick<JournalOptions, "store" | "index">): string {
  return path.join(store.root, "indexes", index, "trials");
}

/** Adds one record; it is on disk when the promise resolves. */
export async function appendToJournal(
  options: Pick<JournalOptions, "store" | "index">,
  record: JournalRecord,
): Promise<void> {
  const log = await openAppendLog({ folder: journalFolder(options), schema: JournalRecord });
  try {
    await log.append(record);
  } finally {
    await log.close();
  }
}

/** Every event of the index's journal, each once, oldest first. */
export async function readJournal(options: JournalOptions): Promise<JournalRecord[]> {
  const folder = journalFolder(options);
  const records: JournalRecord[] = [];
  for await (const record of readAppendLog({
    folder,
    schema: JournalRecord,
    telemetry: options.telemetry,
  })) {
    records.push(record);
  }
  return settleJournal(records);
}

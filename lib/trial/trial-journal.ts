import path from "node:path";
import { type AppendLog, openAppendLog, readAppendLog } from "../storage/append-log.ts";
import type { LocalStore } from "../storage/local-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { TrialRecord } from "./trial-record.ts";

export interface TrialJournalOptions {
  store: LocalStore;
  index: string;
  telemetry: Telemetry;
}

/** The journal in the index's home bucket, for writing; close it after use. */
export function openTrialJournal(options: TrialJournalOptions): Promise<AppendLog<TrialRecord>> {
  return openAppendLog({ folder: journalFolder(options), schema: TrialRecord });
}

/** Every trial of the index, each once, oldest first. */
export async function readTrials(options: TrialJournalOptions): Promise<TrialRecord[]> {
  const trials = new Map<string, TrialRecord>();
  const { telemetry } = options;
  for await (const record of readAppendLog({
    folder: journalFolder(options),
    schema: TrialRecord,
    telemetry,
  })) {
    if (!trials.has(record.trial)) trials.set(record.trial, record);
  }
  return [...trials.values()];
}

function journalFolder({ store, index }: TrialJournalOptions): string {
  return path.join(store.root, "indexes", index, "trials");
}

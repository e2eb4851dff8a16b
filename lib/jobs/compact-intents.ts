import { readAppendLog } from "../storage/append-log.ts";
import { listSegments } from "../storage/append-segment.ts";
import { compactAppendLog } from "../storage/compact-append-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { IntentRecord } from "./intent-record.ts";
import { applyRecord, type IntentEntry, intentOf } from "./intent-state.ts";
import { endedRetention } from "./intents.ts";

/** A start of the fleet leaves about eight segments behind; every look into the log opens them all. */
const segmentsMax = 64;

/** Compacts the intent log where it has come apart into many segments; otherwise it is cheap. */
export async function compactIntentsIfDue(options: { folder: string; telemetry: Telemetry }): Promise<void> {
  if ((await listSegments(options.folder)).length > segmentsMax) await compactIntents(options);
}

/** Drops what ended longer ago than the retention. Safe at any time beside writers and readers. */
export async function compactIntents(options: {
  folder: string;
  telemetry: Telemetry;
  nowMs?: number;
}): Promise<void> {
  const { folder, telemetry, nowMs = Date.now() } = options;
  const entries = new Map<string, IntentEntry>();
  for await (const record of readAppendLog({ folder, schema: IntentRecord, telemetry })) {
    entries.set(record.intent, applyRecord(entries.get(record.intent), record));
  }
  const before = new Date(nowMs - endedRetention.ageMs).toISOString();
  await compactAppendLog({
    folder,
    schema: IntentRecord,
    telemetry,
    keep: (record) => isNeeded(record, entries.get(record.intent), before),
  });
}

/**
 * An end outlives its request: the request may stand in a segment that is still written to, and without its end it
 * would count as open again. So a request goes in one compaction, and its end in the next.
 */
function isNeeded(record: IntentRecord, entry: IntentEntry | undefined, before: string): boolean {
  if (entry === undefined) return true;
  if (record.kind !== "accepted") return entry.accepted !== undefined || record.at >= before;
  const ended = intentOf(entry)?.ended;
  return ended === undefined || ended.at >= before;
}

import { z } from "zod";
import { openAppendLog } from "../storage/append-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { IntentRecord } from "./intent-record.ts";
import { applyRecord, type Intent, type IntentEntry, intentOf } from "./intent-state.ts";
import { openLogTail } from "./log-tail.ts";

/** The accepted requests of one data folder and how they ended, as the log has them: the one truth about them. */
export interface Intents {
  /** Resolves when the record is on disk; calls at the same time share one sync. */
  append(record: IntentRecord): Promise<void>;
  /** Takes in what every process had appended when this was called. */
  refresh(): Promise<void>;
  /** What is known of one intent since the last refresh; `undefined` for one that is unknown or long gone. */
  read(intent: string): Intent | undefined;
  /** Those that have not ended, about oldest first. */
  open(): Intent[];
  /** The newest `limit`, newest first. */
  newest(limit: number): Intent[];
  close(): Promise<void>;
}

/** A week to look at what happened; the oldest go earlier where so many end that they would fill the memory. */
export const endedRetention = { ageMs: 7 * 24 * 3_600_000, count: 20_000 };

/** Opens the intent log in `folder` and reads what it holds. */
export async function openIntents(options: { folder: string; telemetry: Telemetry }): Promise<Intents> {
  const { folder, telemetry } = options;
  const log = await openAppendLog({ folder, schema: AsTyped });
  let view = emptyView();
  /** What is read after a compaction, until it is complete: nobody sees half a log. */
  let rebuilt: View | undefined;
  const tail = openLogTail({
    folder,
    schema: IntentRecord,
    telemetry,
    own: () => log.position(),
    onRecord: (record) => apply(rebuilt ?? view, record),
    onRestart: () => {
      rebuilt = emptyView();
    },
  });
  const refresh = shareLatest(async () => {
    await tail.read();
    view = rebuilt ?? view;
    rebuilt = undefined;
    prune(view);
  });
  await refresh();
  const intentsOf = (ids: Iterable<string>) =>
    [...ids].map((id) => intentOf(view.entries.get(id))).filter((intent) => intent !== undefined);

  return {
    async append(record) {
      await log.append(record);
      apply(view, record);
      if (rebuilt !== undefined) apply(rebuilt, record);
    },
    refresh,
    read: (id) => intentOf(view.entries.get(id)),
    open: () => [...view.open.values()],
    // They were read about in the order of their ids; to sort all of them would hold the event loop.
    newest: (limit) => intentsOf([...view.entries.keys()].slice(-limit).sort().reverse()),
    close: () => log.close(),
  };
}

/** Records are checked where they are read. To check them again before they are written would slow every request down. */
const AsTyped = z.custom<IntentRecord>();

interface View {
  entries: Map<string, IntentEntry>;
  /** Those that have not ended: with a look for each in all the others, many that wait would slow every round down. */
  open: Map<string, Intent>;
}

function emptyView(): View {
  return { entries: new Map(), open: new Map() };
}

function apply({ entries, open }: View, record: IntentRecord): void {
  const entry = applyRecord(entries.get(record.intent), record);
  entries.set(record.intent, entry);
  const intent = intentOf(entry);
  if (intent !== undefined && intent.ended === undefined) open.set(record.intent, intent);
  else open.delete(record.intent);
}

/** Ids sort by time, so the first of the ended ones are the oldest. Leaves room, so that not every call prunes. */
function prune({ entries, open }: View): void {
  if (entries.size - open.size <= endedRetention.count) return;
  const ended = [...entries.keys()].filter((id) => !open.has(id)).sort();
  for (const id of ended.slice(0, ended.length - endedRetention.count / 2)) entries.delete(id);
}

/**
 * Calls at the same time share one run of `task`, but never one that began before the call: the caller may rely on
 * everything that was there when it called.
 */
function shareLatest(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = () => {
    next = undefined;
    running = task().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (next !== undefined) return next;
    if (running === undefined) return run();
    next = running.then(run, run);
    return next;
  };
}

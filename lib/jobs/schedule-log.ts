import { z } from "zod";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What is to happen again and again. What `work` means is its reader's to know. */
export const Schedule = z.strictObject({
  name: z.string(),
  cron: z.string(),
  timezone: z.string(),
  work: z.record(z.string(), z.unknown()),
  /** Nothing is due from before. */
  since: z.iso.datetime(),
});
export type Schedule = z.infer<typeof Schedule>;

const Schedules = z.strictObject({ schedules: z.array(Schedule).max(1_000) });

export type ScheduleLog = CommitLog<z.infer<typeof Schedules>>;

/** The schedules there are: the one truth about them; the queue engine only mirrors it. */
export function scheduleLog(store: ObjectStore): ScheduleLog {
  return openCommitLog({ store, prefix: "fleet/schedules", schema: Schedules });
}

export async function readSchedules(log: ScheduleLog): Promise<Schedule[]> {
  return (await log.head())?.document.schedules ?? [];
}

const LastTick = z.strictObject({ tick: z.int() });

/** When the schedule last started its work, by its own clock; undefined where it never has. */
export async function readLastTick(store: ObjectStore, name: string): Promise<number | undefined> {
  if ((await store.size(tickKey(name))) === undefined) return undefined;
  const content = Buffer.from(await store.get(tickKey(name))).toString("utf8");
  return LastTick.parse(JSON.parse(content)).tick;
}

export async function writeLastTick(store: ObjectStore, name: string, tick: number): Promise<void> {
  await store.put(tickKey(name), Buffer.from(JSON.stringify({ tick })));
}

export async function removeLastTick(store: ObjectStore, name: string): Promise<void> {
  await store.delete(tickKey(name));
}

function tickKey(name: string): string {
  return `fleet/schedule-ticks/${name}`;
}

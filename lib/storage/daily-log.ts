import path from "node:path";
import type { z } from "zod";
import { type AppendLog, openAppendLog } from "./append-log.ts";

/** An append log for each UTC day, in a folder of its own, so that no reader has to go through all of them. */
export interface DailyLog<T> {
  /** Resolves when the record is on disk. A day is its number since 1970. */
  append(day: number, record: T): Promise<void>;
  close(): Promise<void>;
}

export const dayMs = 86_400_000;

/** Nothing is created before the first record. */
export function openDailyLog<T>(options: { folder: string; schema: z.ZodType<T> }): DailyLog<T> {
  const { folder, schema } = options;
  const logs = new Map<number, Promise<AppendLog<T>>>();
  return {
    async append(day, record) {
      const opened = logs.get(day) ?? openAppendLog({ folder: dayFolder(folder, day), schema });
      logs.set(day, opened);
      await (await opened).append(record);
      // What begins before midnight may end after it, so yesterday's log stays open.
      await closeBefore(logs, day - 1);
    },
    close: () => closeBefore(logs, Number.POSITIVE_INFINITY),
  };
}

export function dayFolder(folder: string, day: number): string {
  return path.join(folder, dayName(day));
}

/** `2026-01-31` */
export function dayName(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

async function closeBefore<T>(logs: Map<number, Promise<AppendLog<T>>>, day: number): Promise<void> {
  for (const [older, opened] of logs) {
    if (older >= day) continue;
    logs.delete(older);
    await (await opened).close();
  }
}

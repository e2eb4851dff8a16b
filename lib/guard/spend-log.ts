import path from "node:path";
import { readEachSegment } from "../storage/append-reader.ts";
import { type DailyLog, dayFolder, openDailyLog } from "../storage/daily-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { addUp, type SpendDay, SpendRecord } from "./spend-record.ts";

export type SpendLog = DailyLog<SpendRecord>;

interface ProviderFolder {
  /** Holds the logs of all providers. */
  folder: string;
  provider: string;
}

/** The days' logs of one provider. */
export function openSpendLog({ folder, provider }: ProviderFolder): SpendLog {
  return openDailyLog({ folder: path.join(folder, provider), schema: SpendRecord });
}

/** Adds a day up as it stands. */
export async function readSpendDay(
  options: ProviderFolder & { day: number; telemetry?: Telemetry | undefined },
): Promise<SpendDay> {
  const { telemetry } = options;
  const segments = new Map<string, SpendRecord[]>();
  const log = { folder: spendDayFolder(options), schema: SpendRecord, telemetry };
  for await (const { name, records } of readEachSegment(log))
    segments.set(name, await Array.fromAsync(records));
  return addUp(segments);
}

export function spendDayFolder({ folder, provider, day }: ProviderFolder & { day: number }): string {
  return dayFolder(path.join(folder, provider), day);
}

import path from "node:path";
import { z } from "zod";
import { type AppendLog, openAppendLog, readAppendLog } from "../storage/append-log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

const SpendRecord = z.discriminatedUnion("kind", [
  /** Written before the call, so whatever happens afterwards it counts as spent until it is settled. */
  z.strictObject({
    kind: z.literal("reserved"),
    id: z.string(),
    model: z.string(),
    nanoUsd: z.int().nonnegative(),
  }),
  /** What the call cost in the end; 0 where it was never made. */
  z.strictObject({ kind: z.literal("settled"), id: z.string(), nanoUsd: z.int().nonnegative() }),
]);
export type SpendRecord = z.infer<typeof SpendRecord>;

/** One day of one provider. */
export interface SpendDay {
  spent: number;
  /** Settled only. */
  byModel: Map<string, number>;
  /** Reserved and not settled: under way, or its process is gone. */
  open: Map<string, { nanoUsd: number; model: string }>;
}

export interface SpendLog {
  /** Resolves when the record is on disk. */
  append(day: number, record: SpendRecord): Promise<void>;
  close(): Promise<void>;
}

/** The days' logs of one provider below `folder`; nothing is created before the first record. */
export function openSpendLog(options: { folder: string; provider: string }): SpendLog {
  const logs = new Map<number, Promise<AppendLog<SpendRecord>>>();
  const logOf = (day: number) => {
    const opened =
      logs.get(day) ?? openAppendLog({ folder: dayFolder({ ...options, day }), schema: SpendRecord });
    logs.set(day, opened);
    return opened;
  };
  return {
    async append(day, record) {
      const log = await logOf(day);
      await log.append(record);
      await closeBefore(logs, day - 1);
    },
    async close() {
      await closeBefore(logs, Number.POSITIVE_INFINITY);
    },
  };
}

/** Adds a day up; order does not matter, and a record that stands twice counts once. */
export async function readSpendDay(options: {
  folder: string;
  provider: string;
  day: number;
  telemetry: Telemetry;
}): Promise<SpendDay> {
  const reserved = new Map<string, { nanoUsd: number; model: string }>();
  const settled = new Map<string, number>();
  const { telemetry } = options;
  for await (const record of readAppendLog({ folder: dayFolder(options), schema: SpendRecord, telemetry })) {
    if (record.kind === "settled") settled.set(record.id, record.nanoUsd);
    else reserved.set(record.id, { nanoUsd: record.nanoUsd, model: record.model });
  }
  const byModel = new Map<string, number>();
  let spent = 0;
  for (const [id, nanoUsd] of settled) {
    const model = reserved.get(id)?.model ?? "";
    spent += nanoUsd;
    byModel.set(model, (byModel.get(model) ?? 0) + nanoUsd);
    reserved.delete(id);
  }
  return { spent, byModel, open: reserved };
}

export function reservedIn({ open }: SpendDay): number {
  return [...open.values()].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
}

/** A day is its number since 1970, by UTC. */
function dayFolder({ folder, provider, day }: { folder: string; provider: string; day: number }): string {
  return path.join(folder, provider, new Date(day * dayMs).toISOString().slice(0, 10));
}

export const dayMs = 86_400_000;

/** A call that runs over midnight is settled in the day that it was reserved in, so yesterday's log stays open. */
async function closeBefore(logs: Map<number, Promise<AppendLog<SpendRecord>>>, day: number): Promise<void> {
  for (const [older, opened] of logs) {
    if (older >= day) continue;
    logs.delete(older);
    await (await opened).close();
  }
}

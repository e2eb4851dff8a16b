import { type Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { intentIdAt } from "./intent-id.ts";
import type { Intents } from "./intents.ts";
import { keyPrefix } from "./job-envelope.ts";
import { readLastTick, readSchedules, type Schedule, scheduleLog, writeLastTick } from "./schedule-log.ts";
import { scheduleQueueName } from "./schedules.ts";

export interface ScheduleRunnerOptions {
  /** From `openWorkerConnection`; stays open, it is the caller's. */
  connection: Redis;
  store: ObjectStore;
  intents: Intents;
  telemetry: Telemetry;
  /** Starts the work under the intent's id; to start it twice is to start it once. */
  start: (schedule: Schedule, intent: string) => Promise<unknown>;
}

const Tick = z.object({ name: z.string(), due: z.number().optional() });

/**
 * Starts what the schedules name as it comes due. Each tick of a schedule is one intent, whoever delivers it and
 * however often.
 */
export function runSchedules(options: ScheduleRunnerOptions): { close(): Promise<void> } {
  const { connection, telemetry } = options;
  const worker = new Worker(scheduleQueueName, (job) => runTick(options, job), {
    connection,
    prefix: keyPrefix,
    concurrency: 1,
    runRetryDelay: 1_000,
  });
  worker.on("error", (error) =>
    telemetry.emit("worker.error", { queue: scheduleQueueName, reason: String(error) }),
  );
  return { close: () => worker.close() };
}

async function runTick({ store, intents, start, telemetry }: ScheduleRunnerOptions, job: Job): Promise<void> {
  const { name, due = dueOf(job) } = Tick.parse(job.data);
  const schedule = (await readSchedules(scheduleLog(store))).find((one) => one.name === name);
  // Removed, or set anew after this came due.
  if (schedule === undefined || due < Date.parse(schedule.since)) return;
  // Delivered again after a later one has run.
  if (due <= ((await readLastTick(store, name)) ?? 0)) return;
  const intent = intentIdAt(due, `schedule/${name}`);
  await intents.refresh();
  await start(schedule, intent);
  await writeLastTick(store, name, due);
  telemetry.emit("schedule.started", { schedule: name, intent });
}

/** The engine names its jobs after the time they are due at, which stays the same however late they run. */
function dueOf(job: Job): number {
  const due = Number(/:(\d+)$/.exec(job.id ?? "")?.[1] ?? Number.NaN);
  return Number.isSafeInteger(due) ? due : job.timestamp + job.delay;
}

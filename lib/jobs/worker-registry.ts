import { randomUUID } from "node:crypto";
import os from "node:os";
import { queueNames } from "@lakefleet/queues/define-queue.ts";
import type { Redis } from "ioredis";
import { z } from "zod";
import { keyPrefix } from "./job-envelope.ts";

/** One worker process, as it last said itself. */
export const WorkerEntry = z.strictObject({
  id: z.string(),
  pool: z.enum(queueNames),
  pid: z.int(),
  host: z.string(),
  /** When the process began to take jobs. */
  since: z.iso.datetime(),
  activeJobs: z.array(z.string()),
  draining: z.boolean(),
});
export type WorkerEntry = z.infer<typeof WorkerEntry>;

const indexKey = `${keyPrefix}:workers`;
const entryKey = (id: string) => `${keyPrefix}:worker:${id}`;
/** A killed worker is gone from the list after three missed beats. */
const beatMs = 1_500;
const lifeMs = 5_000;

export interface Registration {
  /** Says the new state now, and not at the next beat. */
  beat(): void;
  /** Takes the worker off the list. */
  close(): Promise<void>;
}

/** Keeps one worker process on the list for as long as it lives. */
export function registerWorker(options: {
  redis: Redis;
  pool: WorkerEntry["pool"];
  current: () => Pick<WorkerEntry, "activeJobs" | "draining">;
  onError: (error: unknown) => void;
}): Registration {
  const { redis, pool, current, onError } = options;
  const id = randomUUID();
  const since = new Date().toISOString();
  const beat = () => {
    // Nothing is queued up while Redis is away: an old beat is worth nothing.
    if (redis.status !== "ready") return;
    const entry: WorkerEntry = { id, pool, pid: process.pid, host: os.hostname(), since, ...current() };
    redis
      .multi()
      .sadd(indexKey, id)
      .set(entryKey(id), JSON.stringify(entry), "PX", lifeMs)
      .exec()
      .catch(onError);
  };
  beat();
  redis.on("ready", beat);
  const timer = setInterval(beat, beatMs);
  return {
    beat,
    async close() {
      clearInterval(timer);
      redis.off("ready", beat);
      if (redis.status === "ready") await redis.multi().srem(indexKey, id).del(entryKey(id)).exec();
    },
  };
}

/** Every worker process that has been heard of within the last five seconds. */
export async function readFleet(redis: Redis): Promise<WorkerEntry[]> {
  const ids = await redis.smembers(indexKey);
  if (ids.length === 0) return [];
  const stored = await redis.mget(ids.map(entryKey));
  const silent = ids.filter((_, position) => stored[position] === null);
  if (silent.length > 0) await redis.srem(indexKey, ...silent);
  return stored
    .filter((text) => text !== null && text !== undefined)
    .map((text) => WorkerEntry.parse(JSON.parse(text)));
}

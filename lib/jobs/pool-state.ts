import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import type { Queues } from "./open-queues.ts";

/** How busy one pool is. */
export interface PoolState {
  pool: QueueName;
  /** Jobs that a worker could take now. */
  waiting: number;
  active: number;
  /** Jobs that wait for the time of their next attempt. */
  delayed: number;
  /** How long the job has waited that has waited longest, since it could run; 0 where none waits. */
  oldestWaitMs: number;
  paused: boolean;
}

/** The state of every pool, in two round trips. */
export async function readPools(queues: Queues, nowMs: number = Date.now()): Promise<PoolState[]> {
  const pipeline = queues.redis.pipeline();
  for (const name of queueNames) {
    const queue = queues.byName[name];
    // The engine keeps a due time as milliseconds × 4,096 plus a counter.
    const due = nowMs * 0x1000;
    pipeline
      .llen(queue.toKey("wait"))
      .zcard(queue.toKey("prioritized"))
      .zcount(queue.toKey("delayed"), "-inf", due)
      .zcard(queue.toKey("delayed"))
      .llen(queue.toKey("active"))
      .hexists(queue.toKey("meta"), "paused");
  }
  const replies = await valuesOf(pipeline.exec());
  const perQueue = replies.length / queueNames.length;
  return await Promise.all(
    queueNames.map(async (name, position) => {
      const [wait = 0, prioritized = 0, due = 0, delayed = 0, active = 0, paused = 0] = replies
        .slice(position * perQueue, (position + 1) * perQueue)
        .map(Number);
      const oldestWaitMs = wait === 0 ? 0 : await oldestWait(queues, name, nowMs);
      return {
        pool: name,
        waiting: wait + prioritized + due,
        active,
        delayed: delayed - due,
        oldestWaitMs,
        paused: paused === 1,
      };
    }),
  );
}

/** New jobs join the line at its head and steps of running flows at its end, so the oldest is near one of both. */
const sampled = 8;

async function oldestWait(queues: Queues, name: QueueName, nowMs: number): Promise<number> {
  const queue = queues.byName[name];
  const [head, tail] = await valuesOf(
    queues.redis
      .pipeline()
      .lrange(queue.toKey("wait"), 0, sampled - 1)
      .lrange(queue.toKey("wait"), -sampled, -1)
      .exec(),
  );
  const ids = [...new Set([...stringsOf(head), ...stringsOf(tail)])];
  const reads = queues.redis.pipeline();
  for (const id of ids) reads.hget(queue.toKey(id), "timestamp").hkeys(`${queue.toKey(id)}:processed`);
  const read = await valuesOf(reads.exec());
  const since = await Promise.all(
    ids.map(async (_, position) => {
      const added = Number(read[2 * position] ?? nowMs);
      // A later step of a flow waits since the step before it finished, not since the request came in.
      const [before] = stringsOf(read[2 * position + 1]);
      const freed = before === undefined ? null : await queues.redis.hget(before, "finishedOn");
      return Math.max(added, Number(freed ?? 0));
    }),
  );
  return Math.max(0, nowMs - Math.min(nowMs, ...since));
}

async function valuesOf(replies: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  return ((await replies) ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import { DomainError } from "../errors/domain-error.ts";
import { redisDown, waitUntilReady } from "./connection.ts";
import { withDeadline } from "./deadline.ts";
import type { Queues } from "./open-queues.ts";

export interface AcceptanceGate {
  /**
   * Resolves where a flow through the queues `names` could be taken now. `unavailable` (`redis-down`) within two
   * seconds where Redis does not answer, `busy` (`queue-full`) where one of the queues holds `depthMax` jobs.
   */
  check(names: Iterable<QueueName>): Promise<void>;
  /** The same for a flow that is then taken: it counts at once, and not only when Redis is asked again. */
  pass(names: Iterable<QueueName>): Promise<void>;
}

/** A burst of requests asks Redis once; a queue can overshoot by what arrives in this time at other processes. */
const freshMs = 250;
/** A request that finds Redis gone is answered within two seconds; the rest is for the caller's own work. */
const answerMs = 1_500;

export function createAcceptanceGate(options: { queues: Queues; depthMax: number }): AcceptanceGate {
  const { queues, depthMax } = options;
  let depths: Record<QueueName, number> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Record<QueueName, number>> | undefined;

  const readOnce = () => {
    reading ??= withDeadline(readDepths(queues), answerMs, redisDown)
      .then((read) => {
        depths = read;
        readAt = performance.now();
        return read;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  const current = () => {
    const isFresh = queues.redis.status === "ready" && performance.now() - readAt < freshMs;
    return isFresh && depths !== undefined ? depths : readOnce();
  };
  const assertRoom = (known: Record<QueueName, number>, names: Iterable<QueueName>) => {
    for (const name of names) {
      if (known[name] >= depthMax) throw queueFull(name, depthMax);
    }
  };

  return {
    async check(names) {
      assertRoom(await current(), names);
    },
    async pass(names) {
      const known = await current();
      assertRoom(known, names);
      // Only its first step waits in line at once.
      const [first] = names;
      if (first !== undefined) known[first] += 1;
    },
  };
}

async function readDepths(queues: Queues): Promise<Record<QueueName, number>> {
  await waitUntilReady(queues.redis, answerMs);
  const pipeline = queues.redis.pipeline();
  for (const name of queueNames) {
    const queue = queues.byName[name];
    pipeline.llen(queue.toKey("wait")).zcard(queue.toKey("prioritized")).zcard(queue.toKey("delayed"));
  }
  const replies = (await pipeline.exec()) ?? [];
  const failed = replies.find(([error]) => error !== null)?.[0];
  if (failed || replies.length !== 3 * queueNames.length) throw redisDown(failed);
  const depths: Record<QueueName, number> = { ingest: 0, embed: 0, index: 0, trial: 0, refresh: 0 };
  for (const [position, name] of queueNames.entries()) {
    for (const [, count] of replies.slice(3 * position, 3 * position + 3)) depths[name] += Number(count);
  }
  return depths;
}

function queueFull(name: QueueName, depthMax: number): DomainError {
  return new DomainError({
    kind: "busy",
    type: "queue-full",
    message: `The queue ${name} holds ${depthMax} jobs, which is its limit.`,
    remedy: "Retry later, or let the pool grow.",
    retryAfterSeconds: 5,
  });
}

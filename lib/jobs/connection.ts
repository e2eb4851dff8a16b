import { Redis, type RedisOptions } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Where Redis stands. A URL may hold a password, so an address is never written into a log or an error. */
export type RedisAddress = { url: string } | { socketPath: string };

export interface ConnectionOptions {
  address: RedisAddress;
  telemetry: Telemetry;
}

/** A connection that fails fast: for processes that must answer their caller also while Redis is away. */
export function openProducerConnection(options: ConnectionOptions): Redis {
  return open(options, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
}

/** A connection that waits for Redis to come back: for workers, which have nobody to answer. */
export function openWorkerConnection(options: ConnectionOptions): Redis {
  return open(options, { maxRetriesPerRequest: null });
}

/** Resolves once commands can be sent; after `deadlineMs` it is `unavailable` (`redis-down`). */
export async function waitUntilReady(redis: Redis, deadlineMs: number): Promise<void> {
  if (redis.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      redis.off("ready", onReady);
      settle();
    };
    const onReady = () => finish(resolve);
    const timer = setTimeout(() => finish(() => reject(redisDown())), deadlineMs);
    redis.once("ready", onReady);
  });
}

export function redisDown(cause?: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "redis-down",
    message: "Redis does not answer, so no new work can be taken right now.",
    remedy: "Retry in a moment; what was accepted before is not lost.",
    retryAfterSeconds: 2,
    cause,
  });
}

function open({ address, telemetry }: ConnectionOptions, behaviour: RedisOptions): Redis {
  const options: RedisOptions = {
    ...behaviour,
    // A restarted Redis is back within tens of milliseconds; a gone one is asked once a second.
    retryStrategy: (tries) => Math.min(50 * tries, 1_000),
  };
  const redis =
    "url" in address ? new Redis(address.url, options) : new Redis({ ...options, path: address.socketPath });
  redis.on("error", (error: NodeJS.ErrnoException) => {
    telemetry.emit("redis.error", { code: error.code ?? error.name });
  });
  return redis;
}

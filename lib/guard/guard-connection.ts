import { redisSocket } from "@lakefleet/config/layout.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import { Redis, type RedisOptions } from "ioredis";
import type { Telemetry } from "../telemetry/telemetry.ts";

/**
 * The connection of a process's guards, opened here because the read plane has no other. Commands wait for the first
 * connect, and then fail fast while Redis is away: nothing is sent for a caller who has left.
 */
export function openGuardConnection(
  { redisUrl, dataFolder }: Pick<Configuration, "redisUrl" | "dataFolder">,
  telemetry: Telemetry,
): Redis {
  const options: RedisOptions = {
    maxRetriesPerRequest: 1,
    retryStrategy: (tries) => Math.min(50 * tries, 1_000),
  };
  const redis =
    redisUrl === undefined
      ? new Redis({ ...options, path: redisSocket(dataFolder) })
      : new Redis(redisUrl, options);
  redis.on("error", (error: NodeJS.ErrnoException) => {
    telemetry.emit("redis.error", { code: error.code ?? error.name });
  });
  return redis;
}

import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import type { GuardClock } from "./guard-clock.ts";

/** Begins every script. `now` is in milliseconds by the clock of Redis, to the microsecond. */
const prelude = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
`;

/** A decision that Redis makes in one step. Its own arguments begin at `ARGV[2]`. */
export type RedisScript<Reply> = (
  keys: readonly string[],
  parameters: readonly (string | number)[],
) => Promise<Reply>;

/** Longer than any script runs; who waits longer talks to a Redis that hangs. */
const answerWithinMs = 5_000;

/** Where Redis is out of reach, a call is `unavailable`, `redis-down`, and nothing is known to have happened. */
export function openRedisScript<Reply>(options: {
  redis: Redis;
  lua: string;
  reply: z.ZodType<Reply>;
  clock: GuardClock;
}): RedisScript<Reply> {
  const lua = prelude + options.lua;
  const digest = createHash("sha1").update(lua).digest("hex");
  return async (keys, parameters) => {
    const rest = [...keys, options.clock.redisMs() ?? "", ...parameters];
    const run = () => options.redis.evalsha(digest, keys.length, ...rest);
    const load = (error: unknown) => {
      if (replyCode(error) !== "NOSCRIPT") throw error;
      return options.redis.eval(lua, keys.length, ...rest);
    };
    return options.reply.parse(await answered(run().catch(load)));
  };
}

async function answered(reply: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(redisDown()), answerWithinMs);
  try {
    return await Promise.race([reply, late.promise]);
  } catch (error) {
    const code = replyCode(error);
    // These two are a script's own mistakes; what else Redis may answer (loading, read-only, no memory) passes.
    if (error instanceof DomainError || code === "ERR" || code === "WRONGTYPE") throw error;
    throw redisDown(error);
  } finally {
    clearTimeout(timer);
  }
}

/** The first word of an error reply is its code by the protocol; a broken connection has none. */
function replyCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === "ReplyError" ? error.message.split(" ", 1)[0] : undefined;
}

function redisDown(cause?: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "redis-down",
    message: "Redis does not answer, and without it no call may be made that has limits.",
    retryAfterSeconds: 2,
    cause,
  });
}

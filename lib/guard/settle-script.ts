import type { Redis } from "ioredis";
import { z } from "zod";
import type { GuardClock } from "./guard-clock.ts";
import { openRedisScript } from "./redis-script.ts";

/** How a turn ended, for the limits: `unused` was never begun, `unknown` says nothing about the provider's health. */
export type TurnOutcome = "ok" | "throttled" | "failed" | "refused" | "unknown" | "unused";

/** Whether this outcome opened or closed the breaker, and for how long calls now wait. */
export const Settled = z
  .tuple([z.enum(["opened", "closed", "same"]), z.int().nonnegative()])
  .transform(([breaker, waitMs]) => ({ breaker, waitMs }));

/**
 * The breaker opens after so many failures without a success between them, in whichever processes; each failed probe
 * doubles its time. A provider that refuses or throttles is alive. Only the probe closes an open breaker.
 */
const failuresMax = 5;
const openMs = 2_000;
const openMaxMs = 60_000;
/** Without `Retry-After` the fleet waits about a second, and twice as long after each further 429. */
const throttleMs = 1_000;
const throttleMaxMs = 60_000;

const lua = `
local state, window, leases = KEYS[1], KEYS[2], KEYS[3]
local id, tokens, tokens_used = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local outcome, retry_after, dice = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])

redis.call('ZREM', leases, id)
local is_probe = redis.call('HGET', state, 'probe') == id
if redis.call('ZREM', window, id .. ':' .. tokens) == 1 then
  if outcome == 'unused' then
    redis.call('HINCRBY', state, 'tokens', -tokens)
  else
    redis.call('ZADD', window, now + 60000, id .. ':' .. tokens_used)
    redis.call('HINCRBY', state, 'tokens', tokens_used - tokens)
  end
end
if is_probe then redis.call('HDEL', state, 'probe', 'probe_until') end
if outcome == 'unused' or outcome == 'unknown' then return {'same', 0} end

local open_until = tonumber(redis.call('HGET', state, 'open_until')) or 0
if outcome == 'failed' then
  local failures = redis.call('HINCRBY', state, 'failures', 1)
  local length = 0
  if is_probe then
    length = math.min((tonumber(redis.call('HGET', state, 'open_ms')) or ${openMs}) * 2, ${openMaxMs})
  elseif open_until == 0 and failures >= ${failuresMax} then
    length = ${openMs}
  end
  if length == 0 then return {'same', 0} end
  redis.call('HSET', state, 'open_until', now + length, 'open_ms', length)
  return {'opened', length}
end

redis.call('HDEL', state, 'failures')
local breaker = 'same'
if is_probe and open_until > 0 then
  redis.call('HDEL', state, 'open_until', 'open_ms')
  breaker = 'closed'
end
if outcome ~= 'throttled' then
  redis.call('HDEL', state, 'throttles')
  return {breaker, 0}
end
local throttles = redis.call('HINCRBY', state, 'throttles', 1)
local length = retry_after
if length < 0 then
  length = ${throttleMs} + dice * math.min(${throttleMs} * 2 ^ math.min(throttles, 10), ${throttleMaxMs})
end
local until_now = tonumber(redis.call('HGET', state, 'cooldown_until')) or 0
redis.call('HSET', state, 'cooldown_until', math.max(until_now, now + length))
return {breaker, math.ceil(length)}
`;

export function openSettleScript(redis: Redis, clock: GuardClock) {
  return openRedisScript({ redis, lua, reply: Settled, clock });
}

import type { Redis } from "ioredis";
import { z } from "zod";
import type { GuardClock } from "./guard-clock.ts";
import { openRedisScript } from "./redis-script.ts";

/** What stands between a call and its turn. */
const Refusal = z.enum(["open", "cooldown", "slots", "window"]);
export type Refusal = z.infer<typeof Refusal>;

/** A turn that begins in `waitMs`, or why there is none and when to ask again. */
export const TurnAnswer = z
  .tuple([z.union([z.literal("turn"), Refusal]), z.int().nonnegative()])
  .transform(([verdict, waitMs]) => ({ verdict, waitMs }));

/**
 * A place in the sliding minute is held from the turn on until a minute after the call has ended, since only then it
 * is sure when the request arrived; that of a call that never ends is free a minute after its lease. A call that the
 * minute has no tokens for claims the next ones, so that small calls do not starve it.
 *
 * `state` holds numbers by name: `tat`, when the next request is due; `tokens`, the sum over the minute; the cooldown;
 * the breaker; the claim. `window` and `leases` hold calls, scored by when their place is free again.
 */
const lua = `
local state, window, leases = KEYS[1], KEYS[2], KEYS[3]
local id, tokens = ARGV[2], tonumber(ARGV[3])
local requests_max, tokens_max, slots_max = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local pace, lease = tonumber(ARGV[7]), tonumber(ARGV[8])
local minute = 60000

local stored = redis.call('HMGET', state,
  'tat', 'tokens', 'cooldown_until', 'open_until', 'probe_until', 'claim', 'claim_until')
local tat, sum = tonumber(stored[1]) or 0, tonumber(stored[2]) or 0
local cooldown_until, open_until = tonumber(stored[3]) or 0, tonumber(stored[4]) or 0
local probe_until, claim, claim_until = tonumber(stored[5]) or 0, stored[6], tonumber(stored[7]) or 0

if open_until > now then return {'open', math.ceil(open_until - now)} end
if open_until > 0 and probe_until > now then return {'open', math.ceil(math.min(probe_until - now, 1000))} end
if cooldown_until > now then return {'cooldown', math.ceil(cooldown_until - now)} end

redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
if slots_max > 0 and redis.call('ZCARD', leases) >= slots_max then return {'slots', 20} end

local past = redis.call('ZRANGEBYSCORE', window, '-inf', now)
for _, member in ipairs(past) do sum = sum - tonumber(string.match(member, ':(%d+)$')) end
if #past > 0 then redis.call('ZREMRANGEBYSCORE', window, '-inf', now) end
local count = redis.call('ZCARD', window)
if count == 0 then sum = 0 end
redis.call('HSET', state, 'tokens', sum)

local requests_lack = requests_max > 0 and count + 1 - requests_max or 0
local tokens_lack = tokens_max > 0 and sum + tokens - tokens_max or 0
if requests_lack > 0 or tokens_lack > 0 then
  local wait = 1000
  local soon = redis.call('ZRANGEBYSCORE', window, '-inf', now + wait, 'WITHSCORES')
  for position = 1, #soon, 2 do
    requests_lack = requests_lack - 1
    tokens_lack = tokens_lack - tonumber(string.match(soon[position], ':(%d+)$'))
    if requests_lack <= 0 and tokens_lack <= 0 then
      wait = tonumber(soon[position + 1]) - now
      break
    end
  end
  if tokens > 0 and (claim_until <= now or claim == id) then
    redis.call('HSET', state, 'claim', id, 'claim_until', now + wait + 1000)
  end
  return {'window', math.ceil(wait)}
end
if tokens_max > 0 and tokens > 0 and claim_until > now then
  if claim ~= id then return {'window', math.ceil(math.min(claim_until - now, 250))} end
  redis.call('HDEL', state, 'claim', 'claim_until')
end

local due = math.max(now, tat)
redis.call('HSET', state, 'tat', due + pace, 'tokens', sum + tokens)
redis.call('ZADD', window, due + lease + minute, id .. ':' .. tokens)
redis.call('ZADD', leases, due + lease, id)
if open_until > 0 then redis.call('HSET', state, 'probe', id, 'probe_until', due + lease) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 86400000) end
return {'turn', math.ceil(due - now)}
`;

export function openTurnScript(redis: Redis, clock: GuardClock) {
  return openRedisScript({ redis, lua, reply: TurnAnswer, clock });
}

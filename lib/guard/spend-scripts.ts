import type { Redis } from "ioredis";
import { z } from "zod";
import type { GuardClock } from "./guard-clock.ts";
import { openRedisScript } from "./redis-script.ts";

/**
 * The books of a day are worth something only in the run of Redis in which they were filled from the log: after a
 * restart it may have lost its last second, after a flush everything. `seed` names that run.
 */
const books = `
local day, open = KEYS[1], KEYS[2]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local is_seeded = redis.call('HGET', day, 'seed') == run
`;

/** `day` comes with the day it is, `cap` with the milliseconds until the next; `pending` may change as calls end. */
const Reserved = z
  .tuple([z.enum(["reserved", "unseeded", "day", "cap", "pending"]), z.int().nonnegative()])
  .transform(([verdict, figure]) => ({ verdict, figure }));

/**
 * Counts everything that is spent or may be. A reservation that is in the books already came there from the log, not
 * by a decision: it is judged like a new one, and taken out where it does not fit.
 */
const reserve = `${books}
local id, amount, cap, lease = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local today = math.floor(now / 86400000)
if today ~= tonumber(ARGV[2]) then return {'day', today} end
if not is_seeded then return {'unseeded', 0} end
local known = redis.call('HGET', open, id)
if known then
  redis.call('HDEL', open, id)
  redis.call('HINCRBY', day, 'reserved', -tonumber(string.match(known, '^%d+')))
end
local spent = tonumber(redis.call('HGET', day, 'spent')) or 0
local reserved = tonumber(redis.call('HGET', day, 'reserved')) or 0
if cap >= 0 and spent + reserved + amount > cap then
  local pending = 0
  for _, entry in ipairs(redis.call('HVALS', open)) do
    local held, until_ms = string.match(entry, '^(%d+):(%d+)$')
    if tonumber(until_ms) > now then pending = pending + tonumber(held) end
  end
  if spent + reserved - pending + amount <= cap then return {'pending', 0} end
  return {'cap', math.ceil((today + 1) * 86400000 - now)}
end
redis.call('HSET', open, id, string.format('%d:%d', amount, now + lease))
redis.call('HINCRBY', day, 'reserved', amount)
redis.call('PEXPIRE', open, 3 * 86400000)
return {'reserved', 0}
`;

const Settled = z.tuple([z.enum(["settled", "absent", "unseeded"])]).transform(([verdict]) => verdict);

const settle = `${books}
local id, amount, model = ARGV[2], ARGV[3], ARGV[4]
if not is_seeded then return {'unseeded'} end
local known = redis.call('HGET', open, id)
if not known then return {'absent'} end
redis.call('HDEL', open, id)
redis.call('HINCRBY', day, 'reserved', -tonumber(string.match(known, '^%d+')))
redis.call('HINCRBY', day, 'spent', amount)
redis.call('HINCRBY', day, 'model:' .. model, amount)
return {'settled'}
`;

const Begun = z.tuple([z.literal("begun")]);

/** Whoever fills the books first leaves a mark here: if it is gone at the end, what was read is too old to count. */
const beginSeed = `${books}
redis.call('SET', KEYS[3], run, 'PX', 600000)
return {'begun'}
`;

const Seeded = z.tuple([z.enum(["seeded", "stale"])]).transform(([verdict]) => verdict);

const seed = `${books}
local spent, models, entries, lease = ARGV[2], cjson.decode(ARGV[3]), cjson.decode(ARGV[4]), tonumber(ARGV[5])
local mark = redis.call('GET', KEYS[3])
redis.call('DEL', KEYS[3])
if is_seeded then return {'seeded'} end
if mark ~= run then return {'stale'} end
redis.call('DEL', day, open)
local reserved = 0
for _, entry in ipairs(entries) do
  reserved = reserved + entry[2]
  redis.call('HSET', open, entry[1], string.format('%d:%d', entry[2], now + lease))
end
for _, entry in ipairs(models) do redis.call('HSET', day, 'model:' .. entry[1], string.format('%d', entry[2])) end
redis.call('HSET', day, 'seed', run, 'spent', spent, 'reserved', string.format('%d', reserved))
redis.call('PEXPIRE', day, 3 * 86400000)
redis.call('PEXPIRE', open, 3 * 86400000)
return {'seeded'}
`;

/** The sums as they stand, where they are worth something. */
const Figures = z.union([z.tuple([z.literal("unseeded")]), z.array(z.string())]);

const read = `${books}
if not is_seeded then return {'unseeded'} end
return redis.call('HGETALL', day)
`;

const Clock = z.tuple([z.int()]).transform(([nowMs]) => nowMs);

export function openSpendScripts(redis: Redis, clock: GuardClock) {
  return {
    reserve: openRedisScript({ redis, lua: reserve, reply: Reserved, clock }),
    settle: openRedisScript({ redis, lua: settle, reply: Settled, clock }),
    beginSeed: openRedisScript({ redis, lua: beginSeed, reply: Begun, clock }),
    seed: openRedisScript({ redis, lua: seed, reply: Seeded, clock }),
    read: openRedisScript({ redis, lua: read, reply: Figures, clock }),
    now: openRedisScript({ redis, lua: "return {math.floor(now)}", reply: Clock, clock }),
  };
}
export type SpendScripts = ReturnType<typeof openSpendScripts>;

import type { Redis } from "ioredis";
import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { systemClock } from "../guard/guard-clock.ts";
import { openRedisScript } from "../guard/redis-script.ts";
import { emptyTable, SlotTable, tableAt } from "./slot-table.ts";

export interface SlotStore {
  /** The table at the moment of Redis' clock. */
  read(): Promise<SlotTable>;
  /** Decides on the table and stores the outcome in one step; decides anew where another was faster. */
  change<Answer>(decide: Decide<Answer>): Promise<Answer>;
}

type Decide<Answer> = (table: SlotTable, nowMs: number) => { table: SlotTable; answer: Answer };

const key = "lakefleet:gpu";

const Stored = z.tuple([z.string(), z.string(), z.string().nullable()]);
const readLua = `
return {string.format('%.3f', now), redis.call('HGET', KEYS[1], 'version') or '0', redis.call('HGET', KEYS[1], 'table')}
`;

const Written = z.tuple([z.union([z.literal(0), z.literal(1)])]);
const writeLua = `
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[2] then return {0} end
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'table', ARGV[4])
return {1}
`;

/** Each defeat is another's success, and there are as many askers as workers. */
const triesMax = 200;

export function openSlotStore({ redis, slotCount }: { redis: Redis; slotCount: number }): SlotStore {
  const readTable = openRedisScript({ redis, lua: readLua, reply: Stored, clock: systemClock });
  const writeTable = openRedisScript({ redis, lua: writeLua, reply: Written, clock: systemClock });

  const current = async () => {
    const [now, version, text] = await readTable([key], []);
    const nowMs = Number(now);
    const table = text === null ? emptyTable() : SlotTable.parse(JSON.parse(text));
    return { nowMs, version, table: tableAt(table, nowMs, slotCount) };
  };
  return {
    read: async () => (await current()).table,
    async change(decide) {
      for (let tries = 1; tries <= triesMax; tries += 1) {
        const { nowMs, version, table } = await current();
        const decided = decide(table, nowMs);
        const next = crypto.randomUUID();
        const [written] = await writeTable([key], [version, next, JSON.stringify(decided.table)]);
        if (written === 1) return decided.answer;
      }
      throw new DomainError({
        kind: "busy",
        type: "gpu-slots-contended",
        message: `Others changed the table of GPU slots ${triesMax} times in a row.`,
        retryAfterSeconds: 1,
      });
    },
  };
}

import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import { lastTick, nextTick } from "../refresh/cron.ts";
import { decideTick } from "../refresh/decide-tick.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { assertCron } from "./assert-cron.ts";
import { keyPrefix } from "./job-envelope.ts";
import { readLastTick, readSchedules, removeLastTick, type Schedule, scheduleLog } from "./schedule-log.ts";

/** Its own queue beside those of the contracts: its jobs are no requests, they start some. */
export const scheduleQueueName = "schedule";

export interface ScheduleView extends Schedule {
  /** When it starts its work next. */
  next: string;
  last: string | null;
}

export interface Schedules {
  list(): Promise<ScheduleView[]>;
  /** Creates or changes one. `invalid` for a cron expression or a time zone that there is not. */
  set(schedule: Omit<Schedule, "since">): Promise<ScheduleView>;
  /** `not-found` (`schedule-missing`). */
  remove(name: string): Promise<void>;
  /**
   * Makes the engine agree with the log. What came due while the engine had forgotten a schedule is started once, the
   * latest tick alone.
   */
  mirror(): Promise<void>;
  close(): Promise<void>;
}

export function openSchedules(options: {
  store: ObjectStore;
  redis: Redis;
  telemetry: Telemetry;
}): Schedules {
  const { store } = options;
  const log = scheduleLog(store);
  const queue = new Queue(scheduleQueueName, {
    connection: options.redis,
    prefix: keyPrefix,
    skipVersionCheck: true,
  });
  queue.on("error", (error) => options.telemetry.emit("redis.error", { code: error.name }));
  const viewOf = async (schedule: Schedule): Promise<ScheduleView> => {
    const last = await readLastTick(store, schedule.name);
    const next = new Date(nextTick(schedule, Date.now())).toISOString();
    return { ...schedule, next, last: last === undefined ? null : new Date(last).toISOString() };
  };
  const mirror = async () => {
    const wanted = await readSchedules(log);
    const known = new Map((await queue.getJobSchedulers()).map((scheduler) => [scheduler.key, scheduler]));
    for (const schedule of wanted) {
      const { name, cron, timezone } = schedule;
      const there = known.get(name);
      known.delete(name);
      if (there?.pattern === cron && there.tz === timezone) continue;
      if (there === undefined) await startMissed(queue, store, schedule);
      await queue.upsertJobScheduler(
        name,
        { pattern: cron, tz: timezone },
        { name: "tick", data: { name }, opts: tickOptions },
      );
    }
    for (const name of known.keys()) await queue.removeJobScheduler(name);
  };
  return {
    list: async () => Promise.all((await readSchedules(log)).map(viewOf)),
    async set(asked) {
      assertCron(asked);
      let changed: Schedule = { ...asked, since: new Date().toISOString() };
      await log.commit((head) => {
        const schedules = head?.document.schedules ?? [];
        const before = schedules.find(({ name }) => name === asked.name);
        const { since, ...same } = before ?? { since: "" };
        if (before !== undefined && canonicalJson(same) === canonicalJson(asked)) {
          changed = before;
          return undefined;
        }
        changed = { ...asked, since: new Date().toISOString() };
        return { schedules: [...schedules.filter(({ name }) => name !== asked.name), changed] };
      });
      return viewOf(changed);
    },
    async remove(name) {
      let found = false;
      await log.commit((head) => {
        const schedules = head?.document.schedules ?? [];
        found = schedules.some((schedule) => schedule.name === name);
        return found ? { schedules: schedules.filter((schedule) => schedule.name !== name) } : undefined;
      });
      if (!found) throw scheduleMissing(name);
      await removeLastTick(store, name);
    },
    mirror,
    close: () => queue.close(),
  };
}

/** A tick that fails is tried again for about nine hours; the next one does not wait for it. */
const tickOptions = {
  attempts: 16,
  backoff: { type: "exponential", delay: 1_000 },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 100 },
};

async function startMissed(queue: Queue, store: ObjectStore, schedule: Schedule): Promise<void> {
  const { name, since } = schedule;
  const now = Date.now();
  const handled = (await readLastTick(store, name)) ?? Date.parse(since);
  const decision = decideTick({ tick: lastTick(schedule, now), handled, now });
  if (decision.kind !== "fire") return;
  const due = decision.tick;
  await queue.add("tick", { name, due }, { ...tickOptions, jobId: `missed-${name}-${due}` });
}

export function scheduleMissing(name: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "schedule-missing",
    field: "name",
    message: `There is no schedule ${JSON.stringify(name)}.`,
  });
}

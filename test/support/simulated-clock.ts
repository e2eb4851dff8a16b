import { setImmediate as nextTurn } from "node:timers/promises";
import type { GuardClock } from "@lakefleet/lib/guard/guard-clock.ts";
import type { Redis } from "ioredis";

export interface SimulatedClock extends GuardClock {
  /** Lets time pass, from one sleeper's end to the next, until the task is done; gives how much did, in milliseconds. */
  runUntilDone(task: Promise<unknown>): Promise<number>;
}

/** Commands that one step of a guard may send one after another before it sleeps or ends. */
const commandsPerStep = 6;

/** A clock that stands still while anything is at work. Redis takes its time from it as well. */
export function createSimulatedClock(redis: Redis): SimulatedClock {
  let nowMs = 0;
  const sleepers: { untilMs: number; wake: () => void }[] = [];

  // All commands go over one connection, so that whoever has answers to come has them after these.
  const settle = async () => {
    for (let command = 0; command < commandsPerStep; command += 1) {
      await redis.ping();
      await nextTurn();
    }
  };
  return {
    elapsedMs: () => nowMs,
    redisMs: () => nowMs,
    sleep: (durationMs) =>
      new Promise((wake) => {
        sleepers.push({ untilMs: nowMs + durationMs, wake });
      }),
    async runUntilDone(task) {
      let done = false;
      const ending = task.finally(() => {
        done = true;
      });
      for (await settle(); !done; await settle()) {
        sleepers.sort((left, right) => left.untilMs - right.untilMs);
        const next = sleepers.shift();
        if (next === undefined) continue;
        nowMs = Math.max(nowMs, next.untilMs);
        next.wake();
      }
      await ending;
      return nowMs;
    },
  };
}

import { setTimeout as pause } from "node:timers/promises";

/** Where a guard takes its time from; only a simulation gives it another than the system's. */
export interface GuardClock {
  /** Milliseconds since some moment of this process, for durations only. */
  elapsedMs(): number;
  /** Rejects with the signal's reason as `cause` when it is aborted. */
  sleep(durationMs: number, signal: AbortSignal | undefined): Promise<void>;
  /** What scripts take for Redis' own time; `undefined` outside of simulations. */
  redisMs(): number | undefined;
}

/** Real time. Decisions that processes share are made by the time of Redis, so a wrong clock here changes nothing. */
export const systemClock: GuardClock = {
  elapsedMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    await pause(Math.max(0, durationMs), undefined, { signal });
  },
  redisMs: () => undefined,
};

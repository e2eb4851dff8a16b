import { z } from "zod";

export const Pool = z.strictObject({
  /** Worker processes. */
  min: z.int().nonnegative(),
  max: z.int().positive(),
  /** Jobs one process runs at a time. */
  concurrency: z.int().positive(),
  /** A job that waits longer than this makes the pool grow. */
  waitMaxMs: z.int().positive(),
});
export type Pool = z.infer<typeof Pool>;

/**
 * The pools of one machine. Embedding and building use every core by themselves, so a second process would only
 * share them out; ingest and refresh also wait for disks, so more of them help.
 */
export const defaultPools: Record<"ingest" | "embed" | "index" | "trial" | "refresh", Pool> = {
  ingest: { min: 1, max: 3, concurrency: 1, waitMaxMs: 2_000 },
  embed: { min: 1, max: 2, concurrency: 1, waitMaxMs: 10_000 },
  index: { min: 1, max: 2, concurrency: 2, waitMaxMs: 10_000 },
  trial: { min: 1, max: 1, concurrency: 1, waitMaxMs: 60_000 },
  refresh: { min: 1, max: 2, concurrency: 4, waitMaxMs: 2_000 },
};

/** A worker that is told to stop lets its jobs go on for so long, and then hands them back to their queue. */
export const drainTimeoutMs = 15_000;

/** After that it has so long to hand them back and to close; then the launcher kills it and the lock's end frees them. */
export const drainGraceMs = 20_000;

/** What a person may set of a pool while the fleet runs. */
export const PoolSettings = Pool.pick({ min: true, max: true }).extend({ paused: z.boolean() });
export type PoolSettings = z.infer<typeof PoolSettings>;

/** The pools that differ from the defaults, by name. */
export const PoolSettingsByName = z.strictObject({
  ingest: PoolSettings.optional(),
  embed: PoolSettings.optional(),
  index: PoolSettings.optional(),
  trial: PoolSettings.optional(),
  refresh: PoolSettings.optional(),
});
export type PoolSettingsByName = z.infer<typeof PoolSettingsByName>;

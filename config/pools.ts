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

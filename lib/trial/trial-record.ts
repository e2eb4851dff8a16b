import { z } from "zod";

/** One measurement of one search effort on one generation; a line of `indexes/<index>/trials/`. */
export const TrialRecord = z.strictObject({
  /** The intent that asked for it; a trial that was delivered twice is one trial. */
  trial: z.string(),
  index: z.string(),
  generation: z.string(),
  at: z.string(),
  effort: z.int(),
  k: z.int(),
  queryCount: z.int(),
  /** Share of the exact top k that the search reached, averaged over the queries. */
  recall: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
});
export type TrialRecord = z.infer<typeof TrialRecord>;

import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { IndexName, IntentId } from "./names.ts";

/** Measure one search setting on one index's active generation, and write it to the trial journal. */
export const trialQueue = defineQueue({
  name: "trial",
  payload: z.strictObject({
    intent: IntentId,
    index: IndexName,
    effort: z.int().min(1).max(10_000),
    k: z.int().min(1).max(1_000),
  }),
  result: z.object({
    generation: z.string(),
    recall: z.number(),
    p50Ms: z.number(),
    p95Ms: z.number(),
  }),
  jobId: (payload) => `${payload.intent}.trial`,
  options: { attempts: 3, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  timeoutMs: 3_600_000,
});

import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { DatasetName, IntentId } from "./names.ts";

/** Find the indexes that lag behind their dataset and send each through `embed` and `index`. */
export const refreshQueue = defineQueue({
  name: "refresh",
  payload: z.strictObject({ intent: IntentId, dataset: DatasetName }),
  result: z.strictObject({
    datasetVersion: z.int(),
    current: z.array(z.string()),
    started: z.array(z.strictObject({ index: z.string(), intent: z.string() })),
  }),
  jobId: (payload) => `${payload.intent}.refresh`,
  options: { attempts: 5, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  timeoutMs: 600_000,
});

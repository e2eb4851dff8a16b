import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { DatasetName, IntentId, ProfileId } from "./names.ts";

/** Find the indexes that lag behind their dataset and send each through `embed` and `index`. */
const FollowDataset = z.strictObject({
  intent: IntentId,
  dataset: DatasetName,
  /** No person asks for it now, so it does not undo what a person took back. */
  scheduled: z.boolean().optional(),
});

/** Bring the model servers to where an activation wants them: `activation` is its number, the newest one counts. */
const FollowActivation = z.strictObject({
  intent: IntentId,
  activation: z.int().positive(),
  /** For whoever reads the job: whose activation it is, or whose end. */
  profile: ProfileId,
});

/** Bring what serves level with what it is to follow: indexes with their dataset, models with the active profile. */
export const refreshQueue = defineQueue({
  name: "refresh",
  payload: z.union([FollowDataset, FollowActivation]),
  result: z.union([
    z.strictObject({
      datasetVersion: z.int(),
      current: z.array(z.string()),
      started: z.array(z.strictObject({ index: z.string(), intent: z.string() })),
    }),
    z.strictObject({
      profile: z.string().nullable(),
      /** Another activation came after it. */
      superseded: z.boolean(),
      loaded: z.array(z.string()),
      unloaded: z.array(z.string()),
    }),
  ]),
  jobId: (payload) => `${payload.intent}.refresh`,
  options: { attempts: 5, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  // A large model on a slow disk takes minutes to load.
  timeoutMs: 600_000,
});

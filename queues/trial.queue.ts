import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { EvalSetName, IndexName, IntentId } from "./names.ts";

/** Measure one configuration over the chunks of an index's active generation, and write it to the trial journal. */
export const trialQueue = defineQueue({
  name: "trial",
  payload: z.strictObject({
    intent: IntentId,
    index: IndexName,
    /** A whole configuration; the handler parses it. */
    parameters: z.record(z.string().max(64), z.union([z.string().max(64), z.number()])),
    /** Share of the chunks that take part: below 1 for a quick look. */
    sampleShare: z.number().gt(0).max(1).default(1),
    /** Draws the sample. */
    seed: z.int().min(0).max(4_294_967_295).default(0),
    k: z.int().min(1).max(1_000).default(10),
    /** Whose queries are asked; by default those of the index's policy, else stored vectors. */
    evalSet: EvalSetName.optional(),
    /** For whoever reads the journal. */
    why: z.string().min(1).max(1_000),
  }),
  result: z.object({
    trial: z.string(),
    generation: z.string(),
    recall: z.number(),
    p50Ms: z.number(),
    p95Ms: z.number(),
    buildMs: z.number(),
  }),
  jobId: (payload) => `${payload.intent}.trial`,
  options: { attempts: 3, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  // As long as the build of a generation, for it builds one.
  timeoutMs: 6 * 3_600_000,
});

import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { IndexName, IntentId } from "./names.ts";

/** A configuration that a trial has measured, on its way to serve. The definition takes it over in the last step only. */
const Promotion = z.strictObject({
  trial: IntentId,
  /** The number of the definition's commit that it is to replace. */
  definition: z.int().positive(),
  /** A whole configuration; the handler parses it. */
  parameters: z.record(z.string().max(64), z.union([z.string().max(64), z.number()])),
  actor: z.string().min(1).max(200),
  why: z.string().min(1).max(1_000),
});
export type Promotion = z.infer<typeof Promotion>;

/** Build a generation, prove it, let it serve: three steps, three jobs, and only the last changes what serves. */
export const indexQueue = defineQueue({
  name: "index",
  payload: z.strictObject({
    step: z.enum(["build", "gate", "promote"]),
    intent: IntentId,
    index: IndexName,
    promotion: Promotion.optional(),
    /** A change of model, whose generation is built and gated beside what serves, and not promoted. */
    migration: IntentId.optional(),
  }),
  result: z.strictObject({
    generation: z.string(),
    datasetVersion: z.int(),
    vectorCount: z.int(),
    /** True where the work was found done. */
    reused: z.boolean(),
    /** Of the promote step: the number of the commit that made the generation active. */
    activation: z.int().optional(),
  }),
  jobId: (payload) => `${payload.intent}.${payload.step}`,
  options: { attempts: 4, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
  // Ten million vectors build in about three hours on two cores.
  timeoutMs: 6 * 3_600_000,
});

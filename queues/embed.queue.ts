import { z } from "zod";
import { defineQueue } from "./define-queue.ts";
import { IndexName, IntentId } from "./names.ts";

/** A change of model: a sample of the chunks, or all of them in a pipeline of their own, while the index serves on. */
const EmbedMigration = z.strictObject({ id: IntentId, step: z.enum(["sample", "shadow"]) });

/** Bring one index's pipeline tables level with its dataset: chunk what is new, embed what has no vector. Feeds `index`. */
export const embedQueue = defineQueue({
  name: "embed",
  payload: z.strictObject({ intent: IntentId, index: IndexName, migration: EmbedMigration.optional() }),
  result: z.strictObject({
    datasetVersion: z.int(),
    chunks: z.int(),
    embedded: z.int(),
    reused: z.int(),
    failed: z.int(),
    /** Chunks too long for the model, which have the mean of their parts' vectors. */
    resplit: z.int().optional(),
    /** As the provider counted them. */
    tokens: z.int().optional(),
    costUsd: z.number(),
  }),
  jobId: (payload) => `${payload.intent}.embed`,
  // Providers rate-limit for about a minute; five tries with backoff reach past that.
  options: { attempts: 5, backoff: { type: "exponential", delay: 2_000, jitter: 0.5 } },
  // Work is checkpointed per batch, so a run that is cut here goes on where it stopped.
  timeoutMs: 6 * 3_600_000,
});

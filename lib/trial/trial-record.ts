import { z } from "zod";
import { IndexParameters } from "../vector/index-parameters.ts";

/** One measured configuration. */
export const TrialRecord = z.strictObject({
  kind: z.literal("trial"),
  /** The intent that asked for it; a trial that was delivered twice is one trial. */
  trial: z.string(),
  index: z.string(),
  /** Whose chunks were measured. */
  generation: z.string(),
  /** Fingerprint of those chunks: trials of one corpus can be compared. */
  corpus: z.string(),
  at: z.string(),
  parameters: IndexParameters,
  /** Share of the chunks that took part; below 1 for a quick look. */
  sampleShare: z.number().gt(0).max(1),
  seed: z.int(),
  /** Null where the generation's stored vectors were the queries. */
  evalSet: z.string().nullable(),
  k: z.int(),
  queryCount: z.int(),
  /** Share of the exact top k that the search reached, over all queries, with its 95 % interval. */
  recall: z.number(),
  recallLow: z.number(),
  recallHigh: z.number(),
  /** The middle of the medians of the rounds over the queries. */
  p50Ms: z.number(),
  /** Between these lie the medians of most rounds; absent in trials of before they were kept. */
  p50LowMs: z.number().optional(),
  p50HighMs: z.number().optional(),
  /**
   * The p50 of what the generation serves, in rounds that took turns with the trial's: how fast the machine was then.
   * Absent where no trial has measured the generation's own graph yet, and in older trials.
   */
  servingP50Ms: z.number().optional(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  buildMs: z.number(),
  /** True where another trial had built the graph; `buildMs` is then that build's. */
  graphReused: z.boolean(),
  memoryBytes: z.number(),
  diskBytes: z.number(),
  /** Processor time of build and measurement together. */
  cpuMs: z.number(),
  /** Who asked and why, in a sentence. */
  why: z.string(),
});
export type TrialRecord = z.infer<typeof TrialRecord>;

/** A configuration that could not be measured: it is not proposed again. */
export const TrialFailure = z.strictObject({
  kind: z.literal("failure"),
  trial: z.string(),
  index: z.string(),
  corpus: z.string(),
  at: z.string(),
  parameters: IndexParameters,
  sampleShare: z.number().gt(0).max(1),
  errorType: z.string(),
  message: z.string(),
  why: z.string(),
});
export type TrialFailure = z.infer<typeof TrialFailure>;

/** A configuration on its way to serve. `blocked`: a gate refused it; what served before goes on serving. */
export const PromotionRecord = z.strictObject({
  kind: z.literal("promotion"),
  trial: z.string(),
  index: z.string(),
  /** The intent of the flow that builds, gates and promotes it. */
  intent: z.string(),
  at: z.string(),
  actor: z.string(),
  outcome: z.enum(["started", "promoted", "blocked"]),
  generation: z.string().nullable(),
  why: z.string(),
});
export type PromotionRecord = z.infer<typeof PromotionRecord>;

/** A line of the append log `indexes/<index>/trials/`. */
export const JournalRecord = z.discriminatedUnion("kind", [TrialRecord, TrialFailure, PromotionRecord]);
export type JournalRecord = z.infer<typeof JournalRecord>;

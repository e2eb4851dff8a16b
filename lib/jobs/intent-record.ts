import { queueNames } from "@lakefleet/queues/define-queue.ts";
import { IntentId } from "@lakefleet/queues/names.ts";
import { z } from "zod";
import type { Problem } from "../errors/problem.ts";

const At = z.iso.datetime();

export const JobReference = z.strictObject({ queue: z.enum(queueNames), id: z.string().min(1) });
export type JobReference = z.infer<typeof JobReference>;

export const IntentJob = JobReference.extend({ payload: z.record(z.string(), z.unknown()) });
export type IntentJob = z.infer<typeof IntentJob>;

export const endedStates = ["completed", "failed", "cancelled", "quarantined"] as const;
export type EndedState = (typeof endedStates)[number];

export const StoredProblem: z.ZodType<Problem> = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  field: z.string().exactOptional(),
  place: z
    .object({
      file: z.string().exactOptional(),
      line: z.number().exactOptional(),
      row: z.number().exactOptional(),
      byte: z.number().exactOptional(),
      column: z.string().exactOptional(),
    })
    .exactOptional(),
  remedy: z.string().exactOptional(),
});

const Accepted = z.strictObject({
  kind: z.literal("accepted"),
  intent: IntentId,
  at: At,
  /** Who asked: a key's name, `cli`, `watcher`, `refresh`. */
  actor: z.string(),
  /** In the order in which they run; the last one is the root, which the caller was given. */
  jobs: z.array(IntentJob).min(1).max(16),
});

const Ended = z.strictObject({
  kind: z.literal("ended"),
  intent: IntentId,
  at: At,
  /** The run that ended: 0 at first, one more for each `reopened`. A late end of an older run changes nothing. */
  round: z.int().nonnegative(),
  state: z.enum(endedStates),
  result: z.unknown().optional(),
  error: StoredProblem.optional(),
  /** The job at which the run ended, where it did not complete. */
  job: JobReference.optional(),
});

const Reopened = z.strictObject({
  kind: z.literal("reopened"),
  intent: IntentId,
  at: At,
  round: z.int().positive(),
});

/** One line of the intent log. The records of one intent mean the same in whatever order they are read. */
export const IntentRecord = z.discriminatedUnion("kind", [Accepted, Ended, Reopened]);
export type IntentRecord = z.infer<typeof IntentRecord>;
export type AcceptedRecord = z.infer<typeof Accepted>;
export type EndedRecord = z.infer<typeof Ended>;

import { IntentId } from "@lakefleet/queues/names.ts";
import { z } from "zod";

/** All our keys in Redis begin with it, so a shared Redis may serve others too. */
export const keyPrefix = "lakefleet";

/** What a job that was put aside waits for, and when it is tried again. */
export const JobWait = z.strictObject({ type: z.string(), detail: z.string(), until: z.iso.datetime() });
export type JobWait = z.infer<typeof JobWait>;

/** What a job carries in Redis. */
export const JobEnvelope = z.strictObject({
  intent: IntentId,
  /** Which run of the intent the job belongs to. */
  round: z.int().nonnegative(),
  payload: z.record(z.string(), z.unknown()),
  /** How long it has been put aside in all because a server of models took no calls. */
  waitedMs: z.int().nonnegative().optional(),
  waitingFor: JobWait.optional(),
});
export type JobEnvelope = z.infer<typeof JobEnvelope>;

/** The intent that a job id belongs to: every job id is `<intent>.<step>`. */
export function intentOfJobId(jobId: string): string {
  const end = jobId.indexOf(".");
  return end === -1 ? jobId : jobId.slice(0, end);
}

export function stepOfJobId(jobId: string): string {
  return jobId.slice(intentOfJobId(jobId).length + 1);
}

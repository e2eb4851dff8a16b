import type { QueueName } from "@lakefleet/queues/define-queue.ts";
import type { ChainableCommander } from "ioredis";
import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import type { JobReference } from "./intent-record.ts";
import { JobEnvelope, type JobWait } from "./job-envelope.ts";
import type { Queues } from "./open-queues.ts";
import type { JobProgress } from "./progress-meter.ts";

/** What Redis holds of one job. */
export interface JobSnapshot {
  state: "waiting" | "active" | "completed" | "failed";
  progress: JobProgress | null;
  /** Attempts that have ended. */
  attemptsEnded: number;
  /** Why it was put aside, until it is tried again. */
  waitingFor: JobWait | undefined;
  failedReason: string | undefined;
  /** What the handler returned; undefined until the job has completed. */
  result: unknown;
  finishedAt: string | undefined;
}

const StoredProgress: z.ZodType<JobProgress> = z.object({
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  rate: z.number().nullable(),
  eta_seconds: z.number().nullable(),
});

const fields = ["timestamp", "progress", "atm", "failedReason", "finishedOn", "returnvalue", "data"] as const;
const commandsPerJob = 4;

/** Reads many jobs in one round trip; `undefined` for a job that Redis does not hold. */
export async function readSnapshots(
  queues: Queues,
  jobs: readonly JobReference[],
): Promise<(JobSnapshot | undefined)[]> {
  if (jobs.length === 0) return [];
  const pipeline = queues.redis.pipeline();
  for (const job of jobs) request(pipeline, queues, job);
  const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
  return jobs.map((_, position) => decode(replies.slice(position * commandsPerJob)));
}

function request(pipeline: ChainableCommander, queues: Queues, { queue, id }: JobReference): void {
  const toKey = keysOf(queues, queue);
  pipeline
    .hmget(toKey(id), ...fields)
    .exists(`${toKey(id)}:lock`)
    .zscore(toKey("completed"), id)
    .zscore(toKey("failed"), id);
}

function keysOf(queues: Queues, queue: QueueName): (type: string) => string {
  return (type) => queues.byName[queue].toKey(type);
}

function decode([stored, locked, completed, failed]: unknown[]): JobSnapshot | undefined {
  const values = z.array(z.string().nullable()).length(fields.length).parse(stored);
  const [timestamp, progress, attempts, failedReason, finishedOn, result, data] = values;
  if (timestamp === null) return undefined;
  const state =
    completed !== null ? "completed" : failed !== null ? "failed" : locked === 1 ? "active" : "waiting";
  return {
    state,
    progress: readProgress(progress),
    attemptsEnded: Number(attempts ?? 0),
    waitingFor: readWait(data),
    failedReason: failedReason ?? undefined,
    result: completed === null ? undefined : JSON.parse(result ?? "null"),
    finishedAt: finishedOn ? new Date(Number(finishedOn)).toISOString() : undefined,
  };
}

function readProgress(text: string | null | undefined): JobProgress | null {
  if (text === null || text === undefined) return null;
  const parsed = StoredProgress.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

function readWait(data: string | null | undefined): JobWait | undefined {
  return JobEnvelope.safeParse(JSON.parse(data ?? "null")).data?.waitingFor;
}

export function jobMissing(reference: { queue: string; id: string }): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "job-missing",
    message: `There is no job ${reference.id} in the queue ${reference.queue}.`,
    remedy: "A finished job is kept for a week; look at GET /jobs for the ones there are.",
  });
}

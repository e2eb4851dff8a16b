import { z } from "@hono/zod-openapi";
import { ProblemSchema } from "@lakefleet/lib/http/problem-schema.ts";
import type { JobReference } from "@lakefleet/lib/jobs/intent-record.ts";
import { queueNames } from "@lakefleet/queues/define-queue.ts";

export const QueueParameter = z.enum(queueNames);

const JobState = z.enum(["waiting", "active", "completed", "failed", "cancelled", "quarantined"]);

export const AcceptedJob = z
  .object({ job: z.object({ id: z.string(), queue: z.enum(queueNames), url: z.string() }) })
  .openapi("AcceptedJob");

/** What every route answers that enqueues: where to follow the job. */
export function acceptedJob(job: JobReference) {
  return { job: { ...job, url: `/jobs/${job.queue}/${job.id}` } };
}

export const JobSchema = z
  .object({
    id: z.string(),
    queue: z.enum(queueNames),
    state: JobState,
    progress: z
      .object({
        done: z.number(),
        total: z.number(),
        unit: z.string(),
        rate: z.number().nullable(),
        eta_seconds: z.number().nullable(),
      })
      .nullable(),
    /** Why the step that is due was put aside without the loss of an attempt, and when it is tried again. */
    waiting_for: z.object({ type: z.string(), detail: z.string(), until: z.string() }).nullable(),
    attempts: z.int(),
    result: z.unknown(),
    error: ProblemSchema.nullable(),
    children: z.array(z.object({ id: z.string(), queue: z.enum(queueNames), state: JobState })),
    created_at: z.string().nullable(),
    finished_at: z.string().nullable(),
  })
  .openapi("Job");

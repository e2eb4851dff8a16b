import type { Job } from "bullmq";
import { DomainError } from "../errors/domain-error.ts";
import { problemFrom } from "../errors/problem.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { JobReference } from "./intent-record.ts";
import type { Intents } from "./intents.ts";
import { JobEnvelope } from "./job-envelope.ts";
import { readProblem } from "./job-error.ts";
import { jobDeathsMax } from "./job-limits.ts";

/** Ends the intent of a job that has failed for good, unless the log already says how it ended. */
export async function recordFailure(failure: {
  job: Job;
  intents: Intents;
  telemetry: Telemetry;
}): Promise<void> {
  const { job, intents, telemetry } = failure;
  const envelope = JobEnvelope.safeParse(job.data);
  if (!envelope.success) return;
  const { intent, round } = envelope.data;
  await intents.refresh();
  const known = intents.read(intent);
  if (known === undefined || known.ended !== undefined || known.round !== round) return;
  const quarantined = job.stalledCounter > jobDeathsMax;
  // Failed only because an earlier step did: that step's own record tells why.
  if (job.deferredFailure !== undefined && !quarantined) return;
  const reference = JobReference.parse({ queue: job.queueName, id: job.id });
  await intents.append({
    kind: "ended",
    intent,
    round,
    at: new Date().toISOString(),
    state: quarantined ? "quarantined" : "failed",
    error: quarantined ? problemFrom(workerKilled(job)) : readProblem(job.failedReason),
    job: reference,
  });
  telemetry.emit(quarantined ? "job.quarantined" : "job.failed", {
    queue: job.queueName,
    jobId: reference.id,
  });
}

function workerKilled(job: Job): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "job-quarantined",
    message: `The worker died ${job.stalledCounter} times while it ran the job ${job.id}.`,
    remedy: "Look for a crash or an out-of-memory kill in the worker's log, then retry the job.",
  });
}

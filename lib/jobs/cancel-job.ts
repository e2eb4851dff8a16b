import { DomainError } from "../errors/domain-error.ts";
import { problemFrom } from "../errors/problem.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { announceCancel } from "./cancel-channel.ts";
import { redisDown } from "./connection.ts";
import { withDeadline } from "./deadline.ts";
import type { Intents } from "./intents.ts";
import { intentOfJobId } from "./job-envelope.ts";
import { jobMissing } from "./job-snapshot.ts";
import type { Queues } from "./open-queues.ts";
import { removeFlow } from "./remove-flow.ts";
import { jobCancelled } from "./stop-reason.ts";

const redisMs = 1_000;

/**
 * Cancels the whole request that the job belongs to: true from the moment the promise resolves, also where a worker
 * needs a little longer to stop. A job that ended in another way is `conflict` (`job-ended`).
 */
export async function cancelJob(
  options: { queues: Queues; intents: Intents; telemetry: Telemetry },
  job: { queue: string; id: string },
): Promise<void> {
  const { intents, queues, telemetry } = options;
  await intents.refresh();
  const intent = intents.read(intentOfJobId(job.id));
  const reference = intent?.accepted.jobs.find(({ queue, id }) => queue === job.queue && id === job.id);
  if (intent === undefined || reference === undefined) throw jobMissing(job);
  if (intent.ended?.state === "cancelled") return;
  if (intent.ended !== undefined) throw alreadyEnded(job.id, intent.ended.state);
  const { intent: id, jobs } = intent.accepted;
  await intents.append({
    kind: "ended",
    intent: id,
    round: intent.round,
    at: new Date().toISOString(),
    state: "cancelled",
    error: problemFrom(jobCancelled()),
  });
  try {
    // A flow that is already running is left to its worker, which ends it once it has looked into the log.
    const swept = removeFlow(queues, jobs).then(() => announceCancel(queues.redis, id));
    await withDeadline(swept, redisMs, redisDown);
  } catch (error) {
    // Cancelled all the same: no worker runs a job whose intent has ended.
    telemetry.emit("jobs.sweep-deferred", { intent: id, reason: String(error) });
  }
}

function alreadyEnded(id: string, state: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "job-ended",
    message: `The job ${id} has already ended: ${state}.`,
  });
}

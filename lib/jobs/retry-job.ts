import { setTimeout as pause } from "node:timers/promises";
import { DomainError } from "../errors/domain-error.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { addFlows } from "./add-flows.ts";
import { redisDown, waitUntilReady } from "./connection.ts";
import { withDeadline } from "./deadline.ts";
import type { JobReference } from "./intent-record.ts";
import type { Intents } from "./intents.ts";
import { intentOfJobId } from "./job-envelope.ts";
import { jobMissing } from "./job-snapshot.ts";
import type { Queues } from "./open-queues.ts";
import { removeFlow } from "./remove-flow.ts";

/** A cancelled handler stops at its next step; the caller is told to come back where that takes longer. */
const stopWaitMs = 1_500;
const lookEveryMs = 50;
/** Longer than the wait for a handler to stop, so that only a Redis that hangs runs into it. */
const redisMs = 2_500;

/**
 * Runs a request again that failed or was cancelled or quarantined; steps that were done are found done by their
 * handlers. `conflict` (`job-not-retryable`) in any other state.
 */
export async function retryJob(
  options: { queues: Queues; intents: Intents; telemetry: Telemetry },
  job: { queue: string; id: string },
): Promise<JobReference> {
  const { intents, queues } = options;
  await intents.refresh();
  const intent = intents.read(intentOfJobId(job.id));
  const reference = intent?.accepted.jobs.find(({ queue, id }) => queue === job.queue && id === job.id);
  const root = intent?.accepted.jobs.at(-1);
  if (intent === undefined || reference === undefined || root === undefined) throw jobMissing(job);
  if (intent.ended === undefined || intent.ended.state === "completed") {
    throw notRetryable(job.id, intent.ended === undefined ? "has not ended" : "is completed");
  }
  await waitUntilReady(queues.redis, stopWaitMs);
  await withDeadline(sweep(queues, intent.accepted.jobs), redisMs, redisDown);
  const round = intent.round + 1;
  await intents.append({
    kind: "reopened",
    intent: intent.accepted.intent,
    at: new Date().toISOString(),
    round,
  });
  try {
    await withDeadline(addFlows(queues, [{ ...intent, round, ended: undefined }]), redisMs, redisDown);
  } catch (error) {
    // Reopened all the same: the reconciler adds what Redis does not have.
    options.telemetry.emit("jobs.add-deferred", { count: 1, reason: String(error) });
  }
  return { queue: root.queue, id: root.id };
}

async function sweep(queues: Queues, jobs: readonly JobReference[]): Promise<void> {
  const giveUpAt = performance.now() + stopWaitMs;
  while (!(await removeFlow(queues, jobs))) {
    if (performance.now() > giveUpAt) {
      throw new DomainError({
        kind: "busy",
        type: "job-stopping",
        message: "A worker is still busy with the run before.",
        remedy: "Retry in a moment.",
        retryAfterSeconds: 2,
      });
    }
    await pause(lookEveryMs);
  }
}

function notRetryable(id: string, state: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "job-not-retryable",
    message: `The job ${id} ${state}, so there is nothing to retry.`,
  });
}

import { DelayedError, type Job } from "bullmq";
import { DomainError } from "../errors/domain-error.ts";
import { problemFrom } from "../errors/problem.ts";
import type { JobEnvelope } from "./job-envelope.ts";
import { PermanentJobError } from "./job-error.ts";

/** Short beside any step that holds a lock, long beside the cost of asking again. */
const busyWaitMs = 1_000;
/** A server that says nothing of when it is back is asked again after as long as it has been waited for, within these. */
const outageWaitMinMs = 2_000;
const outageWaitMaxMs = 60_000;

/** A server of models is down, is left alone for a while, or asks for fewer calls: no fault of the job, nor of its input. */
const outages = new Set([
  "provider-failed",
  "provider-circuit-open",
  "provider-throttled",
  "model-server-down",
]);

/**
 * Puts the job aside where its error says that it must wait: for what another job holds, for hours maybe, or for a
 * server of models, for `providerWaitMaxMs` in all. That is no failed attempt, and holds no worker; it throws what tells
 * the engine so. Returns where the attempt has simply failed.
 */
export async function delayWhereItMustWait(waiting: {
  job: Job;
  envelope: JobEnvelope;
  token: string | undefined;
  error: unknown;
  providerWaitMaxMs: number;
}): Promise<void> {
  const { job, envelope, token, error, providerWaitMaxMs } = waiting;
  if (!(error instanceof DomainError)) return;
  const isOutage = outages.has(error.type);
  if (!isOutage && error.kind !== "busy") return;
  const waitedMs = envelope.waitedMs ?? 0;
  if (isOutage && waitedMs >= providerWaitMaxMs) throw waitedTooLong(error, waitedMs);
  const delayMs = isOutage
    ? Math.min(outageDelayMs(error, waitedMs), providerWaitMaxMs - waitedMs)
    : toldMs(error, busyWaitMs);
  const until = Date.now() + delayMs;
  const told: JobEnvelope = {
    ...envelope,
    ...(isOutage ? { waitedMs: waitedMs + delayMs } : {}),
    waitingFor: { type: error.type, detail: error.message, until: new Date(until).toISOString() },
  };
  await job.updateData(told);
  await job.moveToDelayed(until, token);
  throw new DelayedError();
}

function outageDelayMs(error: DomainError, waitedMs: number): number {
  return toldMs(error, Math.min(Math.max(outageWaitMinMs, waitedMs), outageWaitMaxMs));
}

function toldMs({ retryAfterSeconds }: DomainError, otherwise: number): number {
  return retryAfterSeconds === undefined ? otherwise : Math.ceil(1_000 * retryAfterSeconds);
}

function waitedTooLong(error: DomainError, waitedMs: number): PermanentJobError {
  const problem = new DomainError({
    kind: "unavailable",
    type: "provider-wait-over",
    message: `The job has waited ${Math.round(waitedMs / 1_000)} s for a server of models. ${error.message}`,
    remedy: "Retry the job once the server answers; LAKEFLEET_PROVIDER_WAIT_S lets jobs wait longer.",
  });
  return new PermanentJobError(problemFrom(problem), error);
}

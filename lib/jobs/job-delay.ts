import { DelayedError, type Job } from "bullmq";
import { DomainError } from "../errors/domain-error.ts";
import { problemFrom } from "../errors/problem.ts";
import type { JobEnvelope } from "./job-envelope.ts";
import { PermanentJobError } from "./job-error.ts";

/** What another job holds is mostly free in a moment; each time that it is not, the job waits twice as long for it. */
const busyWaitMinMs = 250;
/** Short beside a step that holds a lock for long, long beside the cost of asking again. */
const busyWaitMaxMs = 1_000;
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
    : busyDelayMs(error, job);
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

function busyDelayMs(error: DomainError, { attemptsStarted, attemptsMade }: Job): number {
  const waits = Math.max(0, attemptsStarted - attemptsMade - 1);
  return Math.min(busyWaitMinMs * 2 ** waits, toldMs(error, busyWaitMaxMs));
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

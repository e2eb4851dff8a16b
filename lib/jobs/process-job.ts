import type { QueueContract } from "@lakefleet/queues/define-queue.ts";
import { type Job, WaitingError } from "bullmq";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import { problemFrom } from "../errors/problem.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Intents } from "./intents.ts";
import { createJobReporter, type JobContext, type JobReporter } from "./job-context.ts";
import { delayWhereItMustWait } from "./job-delay.ts";
import { JobEnvelope } from "./job-envelope.ts";
import { jobErrorFrom, PermanentJobError } from "./job-error.ts";
import { type StopReason, stopError, stopReasons } from "./stop-reason.ts";

export type JobHandler<Payload extends z.ZodType, Result extends z.ZodType> = (
  payload: z.infer<Payload>,
  context: JobContext,
) => Promise<z.infer<Result>>;

export interface ProcessJobOptions<Payload extends z.ZodType, Result extends z.ZodType> {
  contract: QueueContract<Payload, Result>;
  handler: JobHandler<Payload, Result>;
  intents: Intents;
  telemetry: Telemetry;
  /** A job is put aside for so long in all because a server of models takes no calls; then it has failed. */
  providerWaitMaxMs: number;
}

/** A handler that does not stop within this time after its signal is left behind, so the worker can go on. */
const stopGraceMs = 10_000;

/** Runs one attempt of one job and ends it the way the queue engine understands. */
export async function processJob<Payload extends z.ZodType, Result extends z.ZodType>(
  options: ProcessJobOptions<Payload, Result>,
  job: Job,
  claim: { token: string | undefined; signal: AbortSignal | undefined },
): Promise<unknown> {
  const { contract, intents, telemetry } = options;
  const reportError = (error: unknown) =>
    telemetry.emit("job.report-failed", { queue: contract.name, jobId: job.id ?? "", reason: String(error) });
  const reporter = createJobReporter(job, reportError);
  const attempt = startAttempt(contract.timeoutMs, claim.signal);
  let envelope: JobEnvelope | undefined;
  try {
    envelope = await takeEnvelope(job);
    const settled = await settledBefore(intents, envelope, isRoot(job));
    if (settled !== undefined) return settled.result;
    const context: JobContext = {
      progress: reporter.progress,
      log: reporter.log,
      signal: attempt.signal,
      childResults: Object.values(await job.getChildrenValues()),
      jobId: job.id ?? "",
    };
    const payload = parsePayload(contract, envelope);
    const outcome = await Promise.race([options.handler(payload, context), attempt.abandoned]);
    const result = contract.result.parse(outcome);
    await reporter.flush();
    if (isRoot(job)) await recordCompleted(intents, envelope, result);
    return result;
  } catch (error) {
    return await endAttempt({
      error,
      stop: attempt.signal.reason,
      job,
      envelope,
      token: claim.token,
      reporter,
      telemetry,
      providerWaitMaxMs: options.providerWaitMaxMs,
    });
  } finally {
    attempt.close();
  }
}

interface Attempt {
  signal: AbortSignal;
  /** Rejects some time after the signal, for handlers that do not listen to it. */
  abandoned: Promise<never>;
  close(): void;
}

function startAttempt(timeoutMs: number, engineSignal: AbortSignal | undefined): Attempt {
  const controller = new AbortController();
  const abandoned = Promise.withResolvers<never>();
  // Nobody may be waiting for it any more when it rejects: the attempt has ended by itself then.
  handledElsewhere(abandoned.promise);
  let grace: NodeJS.Timeout | undefined;
  const stop = (reason: StopReason) => {
    const error = stopError(reason, timeoutMs);
    controller.abort(error);
    grace ??= setTimeout(() => abandoned.reject(error), stopGraceMs);
  };
  const timeout = setTimeout(() => stop("timeout"), timeoutMs);
  const onEngineAbort = () =>
    stop(stopReasons.find((reason) => reason === engineSignal?.reason) ?? "lease-lost");
  if (engineSignal?.aborted) onEngineAbort();
  engineSignal?.addEventListener("abort", onEngineAbort);
  return {
    signal: controller.signal,
    abandoned: abandoned.promise,
    close() {
      clearTimeout(timeout);
      clearTimeout(grace);
      engineSignal?.removeEventListener("abort", onEngineAbort);
    },
  };
}

/** What the intent log already says of this run: its result where it is done, an error where it must not go on. */
async function settledBefore(
  intents: Intents,
  envelope: JobEnvelope,
  root: boolean,
): Promise<{ result: unknown } | undefined> {
  await intents.refresh();
  const intent = intents.read(envelope.intent);
  if (intent === undefined) return undefined;
  if (intent.round > envelope.round) {
    throw new DomainError({
      kind: "conflict",
      type: "job-superseded",
      message: "The request was started again; this is a job of the run before.",
    });
  }
  if (intent.ended === undefined) return undefined;
  if (intent.ended.state === "completed") return { result: root ? intent.ended.result : null };
  throw new PermanentJobError(intent.ended.error ?? problemFrom(stopError("cancelled", 0)));
}

async function recordCompleted(intents: Intents, envelope: JobEnvelope, result: unknown): Promise<void> {
  // A cancellation that came in while the last step ran still counts: it was answered before this line. And a job that
  // was delivered twice has one end.
  if ((await settledBefore(intents, envelope, true)) !== undefined) return;
  failpoint("jobs.before-terminal");
  const { intent, round } = envelope;
  await intents.append({
    kind: "ended",
    intent,
    round,
    at: new Date().toISOString(),
    state: "completed",
    result,
  });
  failpoint("jobs.after-terminal");
}

async function endAttempt(end: {
  error: unknown;
  stop: unknown;
  job: Job;
  envelope: JobEnvelope | undefined;
  token: string | undefined;
  reporter: JobReporter;
  telemetry: Telemetry;
  providerWaitMaxMs: number;
}): Promise<never> {
  const { job, envelope, token, reporter, stop, providerWaitMaxMs } = end;
  if (stop instanceof DomainError && stop.type === "worker-draining") {
    // Back to the head of the line; an attempt that a stopping worker broke off is not held against the job.
    await job.moveToWait(token);
    throw new WaitingError();
  }
  if (end.error instanceof PermanentJobError) throw end.error;
  const error = stop instanceof DomainError ? stop : end.error;
  if (!(error instanceof DomainError)) {
    end.telemetry.emit("job.defect", { queue: job.queueName, jobId: job.id ?? "", error });
    reporter.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await reporter.flush();
  if (envelope !== undefined) await delayWhereItMustWait({ job, envelope, token, error, providerWaitMaxMs });
  throw jobErrorFrom(error);
}

/** What the job carries; from now on it waits for nothing. */
async function takeEnvelope(job: Job): Promise<JobEnvelope> {
  const parsed = JobEnvelope.safeParse(job.data);
  if (!parsed.success) throw payloadError(job.queueName, parsed.error);
  const { waitingFor, ...envelope } = parsed.data;
  if (waitingFor !== undefined) await job.updateData(envelope);
  return envelope;
}

function parsePayload<Payload extends z.ZodType, Result extends z.ZodType>(
  contract: QueueContract<Payload, Result>,
  envelope: JobEnvelope,
): z.infer<Payload> {
  const parsed = contract.payload.safeParse(envelope.payload);
  if (parsed.success) return parsed.data;
  throw payloadError(contract.name, parsed.error);
}

function payloadError(queue: string, cause: z.ZodError): DomainError {
  const issue = cause.issues[0];
  return new DomainError({
    kind: "invalid",
    type: "job-payload",
    message: `A job of the queue ${queue} holds what its contract does not allow: ${issue?.path.join(".")}: ${issue?.message}`,
    cause,
  });
}

function isRoot(job: Job): boolean {
  return job.parent === undefined;
}

import { type Job, type Processor, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { withDeadline } from "./deadline.ts";
import { JobEnvelope, keyPrefix } from "./job-envelope.ts";
import { jobDeathsMax } from "./job-limits.ts";
import { type ProcessJobOptions, processJob } from "./process-job.ts";
import { recordFailure } from "./record-failure.ts";
import { stopCancelledJobs } from "./stop-cancelled-jobs.ts";
import type { StopReason } from "./stop-reason.ts";
import { registerWorker } from "./worker-registry.ts";

export type { JobContext } from "./job-context.ts";

export interface RunWorkerOptions<Payload extends z.ZodType, Result extends z.ZodType>
  extends ProcessJobOptions<Payload, Result> {
  /** Jobs that run at a time. */
  concurrency: number;
  /** From `openWorkerConnection`; stays open, it is the caller's. */
  connection: Redis;
  /** How long `drain` lets running jobs go on before it sends them back. */
  drainTimeoutMs: number;
  takeover?: TakeoverOptions;
}

export interface TakeoverOptions {
  /** A worker that is silent for so long has lost its jobs. */
  lockMs: number;
  stalledCheckMs: number;
}

export interface RunningWorker {
  /** Resolves once the worker takes jobs. */
  ready(): Promise<void>;
  activeJobs(): string[];
  /** Takes no new job, lets running ones finish or sends them back without the loss of an attempt, and ends. */
  drain(): Promise<void>;
}

/** A job is taken over within 20 s of its worker's death; shorter locks would take jobs from workers that merely swap. */
const defaultTakeover: TakeoverOptions = { lockMs: 10_000, stalledCheckMs: 5_000 };
/** After the drain limit: the handlers' own grace, and the time to tell Redis. */
const closeGraceMs = 15_000;

/** Takes jobs of the contract's queue and runs the handler on them until `drain`. */
export function runWorker<Payload extends z.ZodType, Result extends z.ZodType>(
  options: RunWorkerOptions<Payload, Result>,
): RunningWorker {
  const { contract, connection, intents, telemetry } = options;
  /** Job id → intent. */
  const active = new Map<string, string>();
  let drained: Promise<void> | undefined;
  const onError = (error: unknown) =>
    telemetry.emit("worker.error", { queue: contract.name, reason: String(error) });

  // Three parameters: the queue engine gives an abort signal to no other processor.
  const process = async (job: Job, token: string | undefined, signal: AbortSignal | undefined) => {
    const jobId = job.id ?? "";
    const startedAt = performance.now();
    active.set(jobId, intentOf(job));
    registration.beat();
    telemetry.emit("job.started", { queue: contract.name, jobId });
    try {
      const result = await processJob(options, job, { token, signal });
      const durationMs = performance.now() - startedAt;
      telemetry.emit("job.finished", { queue: contract.name, jobId, durationMs });
      return result;
    } finally {
      active.delete(jobId);
    }
  };
  const worker = openEngineWorker(options, process, onError);
  const records = recordFailures(worker, options, onError);
  const registration = registerWorker({
    redis: connection,
    pool: contract.name,
    current: () => ({ activeJobs: [...active.keys()], draining: drained !== undefined }),
    onError,
  });
  const cancellation = stopCancelledJobs({ redis: connection, worker, active, intents, onError });

  const drain = async () => {
    registration.beat();
    const sendBack = () => worker.cancelAllJobs("draining" satisfies StopReason);
    const timer = setTimeout(sendBack, options.drainTimeoutMs);
    try {
      const limitMs = options.drainTimeoutMs + closeGraceMs;
      await withDeadline(worker.close(), limitMs, () => new Error("The worker did not close in time."));
      await Promise.all(records);
    } finally {
      clearTimeout(timer);
      cancellation.close();
      await registration.close();
    }
  };
  return {
    ready: async () => {
      await worker.waitUntilReady();
    },
    activeJobs: () => [...active.keys()],
    drain: () => {
      drained ??= Promise.resolve().then(drain);
      return drained;
    },
  };
}

function openEngineWorker<Payload extends z.ZodType, Result extends z.ZodType>(
  { contract, connection, concurrency, takeover = defaultTakeover }: RunWorkerOptions<Payload, Result>,
  process: Processor,
  onError: (error: unknown) => void,
): Worker {
  const worker = new Worker(contract.name, process, {
    connection,
    prefix: keyPrefix,
    concurrency,
    lockDuration: takeover.lockMs,
    stalledInterval: takeover.stalledCheckMs,
    maxStalledCount: jobDeathsMax,
    // The default of 15 s would leave a worker idle long after Redis is back.
    runRetryDelay: 1_000,
  });
  worker.on("error", onError);
  worker.on("lockRenewalFailed", (jobIds: string[]) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, "lease-lost" satisfies StopReason);
  });
  return worker;
}

/** Ends the intents of jobs that failed for good; gives the records that are being written. */
function recordFailures<Payload extends z.ZodType, Result extends z.ZodType>(
  worker: Worker,
  { contract, intents, telemetry }: RunWorkerOptions<Payload, Result>,
  onError: (error: unknown) => void,
): ReadonlySet<Promise<void>> {
  const records = new Set<Promise<void>>();
  worker.on("failed", (job) => {
    if (job === undefined) return;
    if (job.finishedOn === undefined) {
      telemetry.emit("job.retried", { queue: contract.name, jobId: job.id ?? "", attempt: job.attemptsMade });
      return;
    }
    const record = recordFailure({ job, intents, telemetry })
      .catch(onError)
      .finally(() => records.delete(record));
    records.add(record);
  });
  return records;
}

function intentOf(job: Job): string {
  const envelope = JobEnvelope.safeParse(job.data);
  return envelope.success ? envelope.data.intent : "";
}

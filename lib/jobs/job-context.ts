import type { Job } from "bullmq";
import { createProgressMeter, type JobAdvance } from "./progress-meter.ts";

/** What a handler gets beside its payload. */
export interface JobContext {
  /** Aborts when the job is cancelled, timed out or lost, or when its worker stops; the reason is a `DomainError`. */
  signal: AbortSignal;
  /** May be called as often as the handler likes; it is sent at most four times a second. */
  progress(advance: JobAdvance): void;
  log(line: string): void;
  /** Results of the step before this one in the flow. */
  childResults: readonly unknown[];
  jobId: string;
}

export interface JobReporter extends Pick<JobContext, "progress" | "log"> {
  /** Sends what is left and waits until it is sent. */
  flush(): Promise<void>;
}

const sendEveryMs = 250;
/** A log line is for a person; a whole document does not belong there. */
const lineLengthMax = 2_000;

/** Carries a handler's progress and log lines to Redis without making the handler wait. */
export function createJobReporter(job: Job, onError: (error: unknown) => void): JobReporter {
  const meter = createProgressMeter(() => performance.now());
  let latest: JobAdvance | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<unknown> = Promise.resolve();

  const inTurn = (task: () => Promise<unknown>) => {
    sending = sending.then(task).catch(onError);
  };
  const sendProgress = () => {
    clearTimeout(timer);
    timer = undefined;
    if (latest === undefined) return;
    const progress = meter(latest);
    latest = undefined;
    sentAt = performance.now();
    inTurn(() => job.updateProgress(progress));
  };

  return {
    progress(advance) {
      latest = { done: advance.done, total: advance.total, unit: advance.unit, growth: advance.growth };
      const waitMs = sentAt + sendEveryMs - performance.now();
      if (waitMs <= 0) sendProgress();
      else timer ??= setTimeout(sendProgress, waitMs);
    },
    log(line) {
      inTurn(() => job.log(line.slice(0, lineLengthMax)));
    },
    async flush() {
      sendProgress();
      await sending;
    },
  };
}

import type { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { listenForCancel } from "./cancel-channel.ts";
import type { Intents } from "./intents.ts";
import type { StopReason } from "./stop-reason.ts";

/** How late a cancellation is noticed whose announcement was lost. */
const lookEveryMs = 2_000;

/** Signals the worker's running jobs whose intent the log calls cancelled, until closed. */
export function stopCancelledJobs(options: {
  redis: Redis;
  worker: Worker;
  /** Job id → intent, of the jobs that run now. */
  active: ReadonlyMap<string, string>;
  intents: Intents;
  onError: (error: unknown) => void;
}): { close(): void } {
  const { redis, worker, active, intents, onError } = options;
  const look = async () => {
    if (active.size === 0) return;
    await intents.refresh();
    for (const [jobId, intent] of active) {
      const cancelled = intents.read(intent)?.ended?.state === "cancelled";
      if (cancelled) worker.cancelJob(jobId, "cancelled" satisfies StopReason);
    }
  };
  const lookNow = () => void look().catch(onError);
  const listener = listenForCancel({ redis, onCancel: lookNow, onError });
  const timer = setInterval(lookNow, lookEveryMs);
  return {
    close() {
      clearInterval(timer);
      listener.close();
    },
  };
}

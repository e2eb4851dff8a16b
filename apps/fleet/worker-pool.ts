import { type Crash, type KeptProcess, keepRunning } from "./keep-running.ts";
import type { RunningProcess } from "./running-process.ts";

export interface WorkerPool {
  readonly name: string;
  /** Processes that are kept running, without those that drain. */
  size(): number;
  /** Processes that still exist, those that drain among them. */
  total(): number;
  grow(): void;
  /** Lets the youngest process finish its jobs and go. */
  shrink(): void;
  /** Drains all of them; resolves when none is left. */
  stop(): Promise<void>;
  kill(): void;
}

/** The processes of one queue, each of which is started again when it crashes. Begins with none. */
export function openWorkerPool(options: {
  name: string;
  start: () => RunningProcess;
  onCrash: (crash: Crash) => void;
  drainMaxMs: number;
}): WorkerPool {
  const kept: KeptProcess[] = [];
  const draining = new Map<KeptProcess, Promise<void>>();

  function drain(worker: KeptProcess): void {
    draining.set(
      worker,
      worker.stop(options.drainMaxMs).finally(() => draining.delete(worker)),
    );
  }

  return {
    name: options.name,
    size: () => kept.length,
    total: () => kept.length + draining.size,
    grow() {
      kept.push(keepRunning({ name: options.name, start: options.start, onCrash: options.onCrash }));
    },
    shrink() {
      const youngest = kept.pop();
      if (youngest) drain(youngest);
    },
    async stop() {
      for (const worker of kept.splice(0)) drain(worker);
      await Promise.all(draining.values());
    },
    kill() {
      for (const worker of [...kept, ...draining.keys()]) worker.signal("SIGKILL");
    },
  };
}

import { setTimeout as wait } from "node:timers/promises";
import { crashBackoff } from "./crash-backoff.ts";
import type { Exit, RunningProcess } from "./running-process.ts";

export interface Crash {
  name: string;
  exit: Exit;
  /** In a row, this one included. */
  crashes: number;
  retryInMs: number;
}

export interface KeptProcess {
  readonly pid: number | undefined;
  /** Ends the process for good. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a process, and starts it again whenever it ends before `stop`, with growing waits between. A start that throws
 * counts as a crash.
 */
export function keepRunning(options: {
  name: string;
  start: () => RunningProcess | Promise<RunningProcess>;
  onCrash: (crash: Crash) => void;
}): KeptProcess {
  const stopping = new AbortController();
  let graceMs = 0;
  let current: RunningProcess | undefined;
  const ended = run();

  async function run(): Promise<void> {
    let crashes = 0;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const exit = await runOnce();
      if (stopping.signal.aborted) return;
      const backoff = crashBackoff({ crashesBefore: crashes, livedMs: performance.now() - startedAt });
      crashes = backoff.crashes;
      options.onCrash({ name: options.name, exit, crashes, retryInMs: backoff.delayMs });
      await waitUnlessAborted(backoff.delayMs, stopping.signal);
    }
  }

  async function runOnce(): Promise<Exit> {
    try {
      current = await options.start();
      if (stopping.signal.aborted) return await current.stop(graceMs);
      return await current.exited;
    } catch (error) {
      return { code: null, signal: null, lastWord: error instanceof Error ? error.message : String(error) };
    } finally {
      current = undefined;
    }
  }

  return {
    get pid() {
      return current?.pid;
    },
    signal: (name) => current?.signal(name),
    async stop(grace) {
      graceMs = grace;
      stopping.abort();
      await current?.stop(grace);
      await ended;
    },
  };
}

async function waitUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(delayMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

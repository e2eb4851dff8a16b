/** Lets tasks in one at a time, first come, first served. */
export interface WaitingLine {
  /** Runs the task when those before it have ended; one whose signal is aborted leaves the line with its reason. */
  enter<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
}

/** A line of this process: only its head asks Redis, so that a thousand waiting calls cost no more than one. */
export function createWaitingLine(): WaitingLine {
  const waiting: (() => void)[] = [];
  let busy = false;
  return {
    async enter(task, signal) {
      signal?.throwIfAborted();
      if (busy) await standIn(waiting, signal);
      busy = true;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) busy = false;
        else next();
      }
    },
  };
}

function standIn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => {
    waiting.splice(waiting.indexOf(begin), 1);
    reject(signal?.reason);
  };
  const begin = () => {
    signal?.removeEventListener("abort", leave);
    resolve();
  };
  signal?.addEventListener("abort", leave, { once: true });
  waiting.push(begin);
  return promise;
}

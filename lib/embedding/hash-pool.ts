import { Worker } from "node:worker_threads";
import { DomainError } from "../errors/domain-error.ts";

export interface HashPool {
  /** The vectors of the texts back to back, computed on the first free thread. */
  embed(texts: readonly string[]): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface HashPoolOptions {
  /** The module that a thread runs; tests give one that crashes. */
  script?: URL;
}

interface Thread {
  worker: Worker;
  /** What it died of, once it has ended. */
  death: { cause: unknown } | undefined;
}

/** Threads are started when there is work for them and live until `close`. */
export function createHashPool(threadCount: number, options: HashPoolOptions = {}): HashPool {
  const script = options.script ?? new URL("./hash-thread.ts", import.meta.url);
  const all = new Set<Thread>();
  const free = new Set<Thread>();
  const waiting: ((thread: Thread) => void)[] = [];

  function start(): Thread {
    const thread = startThread(script);
    all.add(thread);
    thread.worker.once("exit", () => {
      all.delete(thread);
      free.delete(thread);
    });
    return thread;
  }

  function acquire(): Thread | Promise<Thread> {
    for (const thread of free) {
      free.delete(thread);
      return thread;
    }
    if (all.size < threadCount) return start();
    return new Promise((resolve) => waiting.push(resolve));
  }

  return {
    async embed(texts) {
      const thread = await acquire();
      const answer = await ask(thread, texts);
      const next = waiting.shift();
      if (answer instanceof Float32Array) {
        if (next === undefined) free.add(thread);
        else next(thread);
        return answer;
      }
      // The dead thread is no longer in `all`, so whoever waited for it gets a new one.
      next?.(start());
      throw crashedError(answer.cause);
    },
    async close() {
      const threads = [...all];
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(script: URL): Thread {
  const worker = new Worker(script);
  const thread: Thread = { worker, death: undefined };
  let failure: unknown;
  worker.on("error", (cause) => {
    failure = cause;
  });
  worker.once("exit", (code) => {
    thread.death = { cause: failure ?? new Error(`the thread ended with code ${code}`) };
  });
  // Without this an idle pool would keep a finished process alive.
  worker.unref();
  return thread;
}

/**
 * The thread's answer, or what it died of. Not a race against a promise of its end: such a promise lives as long as
 * the thread and would hold every answer until then.
 */
async function ask(thread: Thread, texts: readonly string[]): Promise<Float32Array | { cause: unknown }> {
  const { worker } = thread;
  if (thread.death !== undefined) return thread.death;
  const { promise, resolve } = Promise.withResolvers<Float32Array | { cause: unknown }>();
  const onExit = () => resolve(thread.death ?? { cause: undefined });
  worker.ref();
  worker.once("message", resolve);
  worker.once("exit", onExit);
  worker.postMessage(texts);
  try {
    return await promise;
  } finally {
    worker.off("message", resolve);
    worker.off("exit", onExit);
    worker.unref();
  }
}

function crashedError(cause: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "embedder-crashed",
    message: "A thread that embeds texts has died.",
    remedy: "Try again; a new thread takes its place.",
    cause,
  });
}

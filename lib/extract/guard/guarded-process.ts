import { type ChildProcess, spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** What became of one request: an answer, or the reason why there is none. */
export type Outcome = { kind: "answer"; answer: unknown } | { kind: "died" } | { kind: "timed-out" };

/** A child process that works on input which may break it. It is started again after it died. */
export interface GuardedProcess {
  /** Requests wait for each other. An abort kills the child and rejects with the signal's reason. */
  ask(request: unknown, options: { timeoutMs?: number; signal?: AbortSignal | undefined }): Promise<Outcome>;
  stop(): void;
}

export interface GuardLimits {
  /** The child's JavaScript heap. */
  heapMib: number;
  /** Address space of the child, where the system can limit it. Node alone takes about 1.5 GiB of it. */
  addressSpaceMib?: number;
}

export function createGuardedProcess(entry: URL, limits: GuardLimits): GuardedProcess {
  let child: ChildProcess | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const stop = () => {
    child?.kill("SIGKILL");
    child = undefined;
  };
  return {
    ask(request, options) {
      const turn = queue.then(async () => {
        options.signal?.throwIfAborted();
        child ??= startChild(entry, limits);
        const outcome = await askChild(child, request, options.timeoutMs);
        // The next request gets a child that this one cannot have harmed.
        if (outcome.kind !== "answer") stop();
        options.signal?.throwIfAborted();
        return outcome;
      });
      // Its own caller hears of a failure; the next in line only waits for its end.
      queue = Promise.allSettled([turn]);
      return stopOnAbort(turn, stop, options.signal);
    },
    stop,
  };
}

async function stopOnAbort<T>(
  turn: Promise<T>,
  stop: () => void,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await turn;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function startChild(entry: URL, { heapMib, addressSpaceMib }: GuardLimits): ChildProcess {
  const node = [process.execPath, `--max-old-space-size=${heapMib}`, fileURLToPath(entry)];
  // A shell sets the limit and becomes the child. Secrets and options are kept away from it; where the parent keeps its
  // compiled modules is let through, because to compile them anew takes longer than most files.
  const compiled = getCompileCacheDir();
  const limit = addressSpaceMib === undefined ? "" : `ulimit -v ${addressSpaceMib * 1024} 2>/dev/null; `;
  return spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...node], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
    env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(compiled) },
  });
}

function askChild(child: ChildProcess, request: unknown, timeoutMs: number | undefined): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("exit", onExit);
      child.off("error", onExit);
      resolve(outcome);
    };
    const onMessage = (answer: unknown) => settle({ kind: "answer", answer });
    const onExit = () => settle({ kind: "died" });
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => settle({ kind: "timed-out" }), timeoutMs);
    child.on("message", onMessage);
    child.on("exit", onExit);
    child.on("error", onExit);
    child.send(request as Parameters<ChildProcess["send"]>[0], (error) => {
      if (error !== null) onExit();
    });
  });
}

import { parentPort, workerData } from "node:worker_threads";
import { diskError } from "../../storage/disk-error.ts";
import { type FromThread, failureFrom, type ThreadAdvance, type ToThread } from "./thread-protocol.ts";

export interface ThreadContext {
  signal: AbortSignal;
  progress(advance: ThreadAdvance): void;
  /** The next block of vectors; undefined after the last. One more is under way while this one is used. */
  next(): Promise<Float32Array<ArrayBuffer> | undefined>;
}

/** A message for each of thousands of quick searches would cost as much as they do. */
const progressEveryMs = 50;

/** The whole life of a thread that `runThread` started: does the task, answers, and ends. */
export async function serveThread<Data, Answer>(
  task: (data: Data, context: ThreadContext) => Promise<Answer>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("this is a thread's program and none of its own");
  const data: Data = workerData;
  const tell = (message: FromThread<Answer>) => port.postMessage(message);
  const abort = new AbortController();
  const waiting: (Float32Array<ArrayBuffer> | undefined)[] = [];
  let wake = () => {};
  port.on("message", (message: ToThread) => {
    if (message.kind === "abort") abort.abort();
    else waiting.push(message.vectors);
    wake();
  });
  let asked = false;
  const next = async () => {
    if (!asked) tell({ kind: "next" });
    asked = true;
    while (waiting.length === 0 && !abort.signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    abort.signal.throwIfAborted();
    const vectors = waiting.shift();
    if (vectors !== undefined) tell({ kind: "next" });
    return vectors;
  };
  try {
    let toldAt = Number.NEGATIVE_INFINITY;
    const progress = (advance: ThreadAdvance) => {
      const now = performance.now();
      if (advance.done < advance.total && now - toldAt < progressEveryMs) return;
      toldAt = now;
      tell({ kind: "progress", advance });
    };
    tell({ kind: "done", answer: await task(data, { signal: abort.signal, progress, next }) });
  } catch (error) {
    tell({ kind: "failed", failure: failureFrom(diskError(error)) });
  } finally {
    port.close();
  }
}

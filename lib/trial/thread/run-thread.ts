import { Worker } from "node:worker_threads";
import { DomainError } from "../../errors/domain-error.ts";
import { errorFrom, type FromThread, type ThreadAdvance, type ToThread } from "./thread-protocol.ts";

/** An insertion batch takes half a second at most; Lance cannot be interrupted, and is cut off after this. */
const stopPatienceMs = 5_000;

/**
 * Runs a program that ends with `serveThread` and gives its answer; the thread is gone when this settles. Throws what
 * the thread threw, `trial-failed` (conflict) for what an engine threw, or `trial-cancelled` after an abort.
 */
export async function runThread<Answer>(options: {
  program: URL;
  data: unknown;
  /** What the thread asks for block by block; the blocks' buffers are moved to it. */
  vectors?: AsyncIterable<Float32Array<ArrayBuffer>> | undefined;
  onProgress: (advance: ThreadAdvance) => void;
  signal: AbortSignal;
}): Promise<Answer> {
  const { program, data, signal, onProgress } = options;
  signal.throwIfAborted();
  const worker = new Worker(program, { workerData: data });
  const source = options.vectors?.[Symbol.asyncIterator]();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const answered = Promise.withResolvers<Answer>();
  const send = (message: ToThread, moved: ArrayBuffer[] = []) => worker.postMessage(message, moved);
  const feed = async () => {
    const block = await source?.next();
    const vectors = block?.done ? undefined : block?.value;
    send({ kind: "vectors", vectors }, vectors === undefined ? [] : [vectors.buffer]);
  };
  const abort = () => answered.reject(cancelled(signal));
  worker.on("message", (message: FromThread<Answer>) => {
    if (message.kind === "progress") onProgress(message.advance);
    if (message.kind === "next") feed().catch(answered.reject);
    if (message.kind === "done") answered.resolve(message.answer);
    if (message.kind === "failed") answered.reject(errorFrom(message.failure));
  });
  worker.once("error", (cause) => answered.reject(errorFrom({ message: cause.message, details: undefined })));
  worker.once("exit", () => answered.reject(endedEarly()));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await answered.promise;
  } finally {
    signal.removeEventListener("abort", abort);
    send({ kind: "abort" });
    const patience = setTimeout(() => void worker.terminate(), stopPatienceMs);
    await exited;
    clearTimeout(patience);
    await source?.return?.();
  }
}

function cancelled(signal: AbortSignal): DomainError {
  return new DomainError({
    kind: "cancelled",
    type: "trial-cancelled",
    message: "The trial was cancelled.",
    cause: signal.reason,
  });
}

function endedEarly(): DomainError {
  return errorFrom({ message: "its thread ended before its work was done", details: undefined });
}

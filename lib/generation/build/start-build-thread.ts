import { Worker } from "node:worker_threads";
import { handledElsewhere } from "../../errors/handled-elsewhere.ts";
import {
  buildCancelled,
  type ChunkBlock,
  errorFrom,
  type FromBuildThread,
  type SegmentBuild,
  type ToBuildThread,
} from "./build-protocol.ts";

export interface BuildThread {
  /** The vectors' buffer is moved to the thread and is empty afterwards. */
  addChunks(block: ChunkBlock): Promise<void>;
  /** Resolves when every file is written and the thread has ended. */
  finish(): Promise<void>;
  /** Ends the thread, whatever it is doing. */
  stop(): Promise<void>;
}

/** One block in work and one ready: the thread never waits for the reader, and memory holds no third. */
const messagesAhead = 2;
/** An insertion batch takes half a second at most; Lance cannot be interrupted, and is cut off after this. */
const stopPatienceMs = 5_000;

/**
 * Starts the thread that writes a segment's files. Its calls wait while the thread has enough to do, and throw what
 * the thread threw, or `cancelled`, `build-cancelled`, after an abort.
 */
export function startBuildThread(
  data: SegmentBuild,
  options: { signal?: AbortSignal | undefined; onProgress: (done: number) => void },
): BuildThread {
  const { signal, onProgress } = options;
  const worker = new Worker(new URL("./build-thread.ts", import.meta.url), { workerData: data });
  const ended = Promise.withResolvers<void>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let ahead = 0;
  let room = Promise.withResolvers<void>();
  let failure: unknown;

  const fail = (error: unknown) => {
    failure ??= error;
    room.resolve();
    ended.reject(failure);
  };
  worker.on("message", (message: FromBuildThread) => {
    if (message.kind === "progress") onProgress(message.done);
    if (message.kind === "done") ended.resolve();
    if (message.kind === "failed") fail(errorFrom(message.failure));
    if (message.kind === "taken") {
      ahead -= 1;
      room.resolve();
    }
  });
  worker.once("error", fail);
  void exited.then(() => fail(new Error("The build thread ended before its work was done.")));
  // Whoever calls next is told; nobody may be waiting now.
  handledElsewhere(ended.promise);
  const tellToStop = () => worker.postMessage({ kind: "abort" } satisfies ToBuildThread);
  const abort = () => {
    fail(buildCancelled(signal));
    tellToStop();
  };
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();

  const send = async (message: ToBuildThread, moved: ArrayBuffer[] = []) => {
    while (ahead >= messagesAhead && failure === undefined) {
      room = Promise.withResolvers();
      await room.promise;
    }
    if (failure !== undefined) throw failure;
    ahead += 1;
    worker.postMessage(message, moved);
  };
  return {
    addChunks: (block) => send({ kind: "chunks", block }, [block.vectors.buffer]),
    async finish() {
      await send({ kind: "end" });
      await ended.promise;
      await exited;
    },
    async stop() {
      signal?.removeEventListener("abort", abort);
      tellToStop();
      const patience = setTimeout(() => void worker.terminate(), stopPatienceMs);
      await exited;
      clearTimeout(patience);
    },
  };
}

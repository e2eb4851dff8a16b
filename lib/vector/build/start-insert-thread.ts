import { Worker } from "node:worker_threads";
import type { GraphThread } from "./graph-builder.ts";
import type { InsertOrder, InsertReply, InsertThreadData } from "./insert-thread.ts";

/** A usearch graph in a thread of its own, so that what comes next is made ready while it takes vectors in. */
export function startInsertThread(data: InsertThreadData): GraphThread {
  const worker = new Worker(new URL("./insert-thread.ts", import.meta.url), { workerData: data });
  let failure: Error | undefined;
  let waiting: PromiseWithResolvers<void> | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    waiting?.reject(failure);
  };
  worker.on("message", ({ problem }: InsertReply) => {
    if (problem === undefined) waiting?.resolve();
    else waiting?.reject(new Error(problem));
  });
  worker.once("error", fail);
  worker.once("exit", () => fail(new Error("The insert thread ended before its work was done.")));
  const ask = (order: InsertOrder, moved: ArrayBuffer[] = []) => {
    waiting = Promise.withResolvers();
    if (failure === undefined) worker.postMessage(order, moved);
    else waiting.reject(failure);
    return waiting.promise;
  };
  return {
    add(vectors, firstOrdinal) {
      const own = vectors.slice();
      return ask({ vectors: own, firstOrdinal }, [own.buffer]);
    },
    save: (path) => ask({ saveTo: path }),
    async close() {
      await worker.terminate();
    },
  };
}

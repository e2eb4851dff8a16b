import { Worker } from "node:worker_threads";
import type { VectorHits } from "../vector-index.ts";
import type { ScanOrder, ScanReply, ScanRequest, ScanThreadData } from "./scan-protocol.ts";
import { closedIndex, damagedIndex } from "./vector-index-errors.ts";

/** Exact scans of one vector file in a thread of their own, started at the first scan and ended when idle. */
export interface Scanner {
  scan(order: Pick<ScanOrder, "query" | "k" | "bits">, signal: AbortSignal | undefined): Promise<VectorHits>;
  /** Scans under way are rejected with `vector-index-closed`. */
  close(): Promise<void>;
}

interface Pending {
  resolve(hits: VectorHits): void;
  reject(reason: unknown): void;
}

// Starting a thread costs about 30 ms and keeping one about 10 MiB: worth keeping between the scans of one gate run.
const idleMs = 30_000;

export function openScanner(data: ScanThreadData): Scanner {
  const pending = new Map<number, Pending>();
  let thread: Worker | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  const settle = (id: number, act: (waiter: Pending) => void) => {
    const waiter = pending.get(id);
    pending.delete(id);
    if (waiter !== undefined) act(waiter);
    if (pending.size > 0) return;
    // An idle thread must not hold the process open.
    thread?.unref();
    idleTimer = setTimeout(() => void stop(), idleMs).unref();
  };
  const rejectAll = (reason: unknown) => {
    for (const id of [...pending.keys()]) settle(id, (waiter) => waiter.reject(reason));
  };
  const stop = async () => {
    clearTimeout(idleTimer);
    const ending = thread;
    thread = undefined;
    await ending?.terminate();
  };
  const start = () => {
    const started = new Worker(new URL("./scan-thread.ts", import.meta.url), { workerData: data });
    started.on("message", (reply: ScanReply) => {
      settle(reply.id, ({ resolve, reject }) => {
        if ("problem" in reply) reject(damagedIndex(reply.problem));
        else resolve({ ordinals: reply.ordinals, scores: reply.scores, exact: true });
      });
    });
    started.on("error", (cause) => {
      if (thread === started) thread = undefined;
      rejectAll(damagedIndex(`Scanning ${data.path} failed.`, cause));
    });
    return started;
  };

  return {
    scan(order, signal) {
      return new Promise<VectorHits>((resolve, reject) => {
        if (closed) return reject(closedIndex());
        if (signal?.aborted) return reject(signal.reason);
        clearTimeout(idleTimer);
        thread ??= start();
        thread.ref();
        lastId += 1;
        const id = lastId;
        const cancel = () => {
          thread?.postMessage({ kind: "cancel", id } satisfies ScanRequest);
          settle(id, (waiter) => waiter.reject(signal?.reason));
        };
        signal?.addEventListener("abort", cancel, { once: true });
        const release = () => signal?.removeEventListener("abort", cancel);
        pending.set(id, {
          resolve(hits) {
            release();
            resolve(hits);
          },
          reject(reason) {
            release();
            reject(reason);
          },
        });
        thread.postMessage({ kind: "scan", id, ...order } satisfies ScanRequest);
      });
    },
    async close() {
      closed = true;
      rejectAll(closedIndex());
      await stop();
    },
  };
}

import { DomainError } from "../../errors/domain-error.ts";
import type { Commit } from "../../storage/commit-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ActiveGeneration, activeLog } from "../active-log.ts";
import { createGenerationCache, type GenerationLease } from "./generation-cache.ts";
import { type OpenGeneration, openGeneration } from "./open-generation.ts";

/** What could not be done while an older generation goes on serving. */
export interface ServingFailure {
  generation: string | undefined;
  type: string;
  message: string;
  at: string;
}

export interface ServingStatus {
  index: string;
  /** The generation that answers, and the number of the commit that made it active; undefined before the first search. */
  serving: { generation: string; activation: number } | undefined;
  opened: string[];
  failure: ServingFailure | undefined;
}

export interface ServingIndexOptions {
  store: ObjectStore;
  index: string;
  onOpened(opened: { index: string; generation: string; durationMs: number }): void;
  onOpenFailed(failure: ServingFailure & { index: string }, cause: unknown): void;
}

/** The searching side of one index: always the newest activation that can be opened. */
export interface ServingIndex {
  /**
   * Runs the task over the active generation, or over a pinned one, which stays open until the task has ended. A task
   * that begins after a promotion sees the promoted generation; if that one cannot be opened, the last good one.
   * Throws `index-not-ready` where nothing is active yet, `generation-missing` for an unknown pin.
   */
  use<Result>(task: (generation: OpenGeneration) => Promise<Result>, pin?: string): Promise<Result>;
  status(): ServingStatus;
  close(): Promise<void>;
}

/** An activation that failed to open is tried again after this, beside the searches that the old one answers. */
const retryMs = 5_000;

type Activation = Commit<ActiveGeneration>;

export function createServingIndex(options: ServingIndexOptions): ServingIndex {
  const { store, index, onOpened, onOpenFailed } = options;
  const log = activeLog(store, index);
  let serving: Activation | undefined;
  let failure: ServingFailure | undefined;
  let failedNumber = 0;
  let retryAt = 0;

  const report = (generation: string | undefined, cause: unknown) => {
    const type = cause instanceof DomainError ? cause.type : "internal";
    const message = cause instanceof Error ? cause.message : String(cause);
    failure = { generation, type, message, at: new Date().toISOString() };
    onOpenFailed({ index, ...failure }, cause);
  };
  const cache = createGenerationCache({
    async open(generation) {
      const begin = performance.now();
      const opened = await openGeneration({ store, index, generation });
      onOpened({ index, generation, durationMs: performance.now() - begin });
      return opened;
    },
    onCloseFailed: report,
  });

  const open = async (activation: Activation): Promise<GenerationLease> => {
    const lease = await cache.acquire(activation.document.generation);
    if (serving === undefined || activation.number > serving.number) serving = activation;
    if (failedNumber <= activation.number) failure = undefined;
    return lease;
  };
  const noteFailure = (activation: Activation, cause: unknown) => {
    if (failedNumber === activation.number && performance.now() < retryAt) return;
    failedNumber = activation.number;
    retryAt = performance.now() + retryMs;
    report(activation.document.generation, cause);
  };
  const tryAgain = async (activation: Activation) => {
    try {
      (await open(activation)).release();
    } catch (error) {
      noteFailure(activation, error);
    }
  };
  const newest = async (): Promise<Activation | undefined> => {
    try {
      return await log.head();
    } catch (error) {
      if (serving === undefined) throw error;
      report(undefined, error);
      return serving;
    }
  };
  const acquireActive = async (): Promise<GenerationLease> => {
    const head = await newest();
    if (head === undefined) throw notReady(index);
    if (head.number === serving?.number) {
      return cache.acquireOpen(head.document.generation) ?? (await cache.acquire(head.document.generation));
    }
    const fallback = serving;
    if (fallback !== undefined && failedNumber === head.number) {
      if (performance.now() >= retryAt) {
        retryAt = performance.now() + retryMs;
        void tryAgain(head);
      }
      return cache.acquire(fallback.document.generation);
    }
    try {
      return await open(head);
    } catch (error) {
      noteFailure(head, error);
      if (fallback === undefined) throw error;
      return cache.acquire(fallback.document.generation);
    }
  };

  return {
    async use(task, pin) {
      const lease = pin === undefined ? await acquireActive() : await cache.acquire(pin);
      try {
        return await task(lease.generation);
      } finally {
        lease.release();
      }
    },
    status: () => ({
      index,
      serving:
        serving === undefined
          ? undefined
          : { generation: serving.document.generation, activation: serving.number },
      opened: cache.opened(),
      failure,
    }),
    close: () => cache.close(),
  };
}

function notReady(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-not-ready",
    field: "index",
    message: `The index ${index} has no active generation yet.`,
    remedy: "Wait until its first build has been promoted; the job shows how far it is.",
  });
}

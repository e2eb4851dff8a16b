import { DomainError } from "../../errors/domain-error.ts";
import type { Commit } from "../../storage/commit-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ActiveGeneration, activeLog } from "../active-log.ts";
import type { VerifiedFiles } from "../verified-files.ts";
import { createGenerationCache, type GenerationCache, type GenerationLease } from "./generation-cache.ts";
import { type ServingFailure, trackOpenFailures } from "./open-failures.ts";
import { type OpenGeneration, openGeneration } from "./open-generation.ts";
import { createRollbackReadying } from "./ready-rollback.ts";
import { watchCandidates } from "./watch-candidates.ts";

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
  verified?: VerifiedFiles | undefined;
  onOpened(opened: { index: string; generation: string; durationMs: number }): void;
  onOpenFailed(failure: ServingFailure & { index: string }, cause: unknown): void;
}

/** What a task runs over. */
export interface Serving {
  generation: OpenGeneration;
  /** True where it is active without a certificate, because somebody said so. */
  forced: boolean;
}

/** The searching side of one index: always the newest activation that can be opened. */
export interface ServingIndex {
  /**
   * Runs the task over the active generation, or over a pinned one, which stays open until the task has ended. A task
   * that begins after a promotion sees the promoted generation; if that one cannot be opened, the last good one.
   * Throws `index-not-ready` where nothing is active yet, `generation-missing` for an unknown pin.
   */
  use<Result>(task: (serving: Serving) => Promise<Result>, pin?: string): Promise<Result>;
  /**
   * Readies what was built or certified since the last look, before it is promoted, and once, after the first search,
   * what a rollback would return to; what fails is only reported.
   */
  lookAhead(): Promise<void>;
  status(): ServingStatus;
  close(): Promise<void>;
}

type Activation = Commit<ActiveGeneration>;

export function createServingIndex(options: ServingIndexOptions): ServingIndex {
  const { store, index, verified, onOpened } = options;
  const log = activeLog(store, index);
  const failures = trackOpenFailures(options);
  let serving: Activation | undefined;

  const cache = createGenerationCache({
    async open(generation) {
      const begin = performance.now();
      const opened = await openGeneration({ store, index, generation, verified });
      onOpened({ index, generation, durationMs: performance.now() - begin });
      return opened;
    },
    onCloseFailed: failures.report,
  });
  const ready = async (generation: string) => (await cache.acquire(generation)).release();
  const candidates = watchCandidates({ store, index, verified, open: ready });
  const readyRollback = createRollbackReadying({ store, index, log, open: ready });
  const newest = async (): Promise<Activation | undefined> => {
    try {
      return await log.head();
    } catch (error) {
      if (serving === undefined) throw error;
      failures.report(undefined, error);
      return serving;
    }
  };
  const open = async (activation: Activation): Promise<ActiveLease> => {
    const lease = await leaseOf(cache, activation);
    if (serving === undefined || activation.number > serving.number) serving = activation;
    failures.clear(activation.number);
    return lease;
  };
  const tryAgain = async (activation: Activation) => {
    try {
      (await open(activation)).release();
    } catch (error) {
      failures.note(activation, error);
    }
  };
  const acquireActive = async (): Promise<ActiveLease> => {
    const head = await newest();
    if (head === undefined) throw notReady(index);
    if (head.number === serving?.number) return leaseOf(cache, head);
    const fallback = serving;
    if (fallback !== undefined && failures.isKnown(head)) {
      if (failures.claimRetry()) void tryAgain(head);
      return leaseOf(cache, fallback);
    }
    try {
      return await open(head);
    } catch (error) {
      failures.note(head, error);
      if (fallback === undefined) throw error;
      return leaseOf(cache, fallback);
    }
  };

  return {
    async use(task, pin) {
      const lease =
        pin === undefined ? await acquireActive() : { ...(await cache.acquire(pin)), forced: false };
      try {
        return await task(lease);
      } finally {
        lease.release();
      }
    },
    async lookAhead() {
      try {
        await candidates.look();
        await readyRollback(serving);
      } catch (error) {
        failures.reportOnly(undefined, error);
      }
    },
    status: () => ({
      index,
      serving:
        serving === undefined
          ? undefined
          : { generation: serving.document.generation, activation: serving.number },
      opened: cache.opened(),
      failure: failures.last(),
    }),
    close: () => cache.close(),
  };
}

type ActiveLease = GenerationLease & Serving;

async function leaseOf(cache: GenerationCache, { document }: Activation): Promise<ActiveLease> {
  const { generation, forced = false } = document;
  return { ...(cache.acquireOpen(generation) ?? (await cache.acquire(generation))), forced };
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

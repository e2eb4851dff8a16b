import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import { addCached } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { joinVectors } from "./join-vectors.ts";
import { addSpent } from "./pipeline-meta.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { settleAll } from "./settle-all.ts";

export interface MadeVector {
  hash: string;
  vector: Float32Array;
}

/** Keeps the vectors of one batch of chunks. Costs are those of the whole batch so far. */
export interface BatchKeeper {
  /** Confirms a full portion, and waits for the one before to be written. Throws where either fails. */
  take(made: readonly MadeVector[], costUsd: number): Promise<void>;
  /** Keeps what is left, which the caller has confirmed; resolves once all is kept. */
  close(costUsd: number): Promise<void>;
}

export interface VectorKeeper {
  /** `versionSeen` is that of the cache in which the batch's texts were looked for. */
  open(versionSeen: number): BatchKeeper;
  /** Resolves once nothing is being written any more, whether that went well or not. */
  settled(): Promise<void>;
}

/** A killed run asks a model again for no more than this and what is being written: minutes on a slow server. */
const portionSize = 1_024;

/** Brings vectors into the cache in portions, and their costs into the books, while others are still being made. */
export function openVectorKeeper(run: {
  pipeline: Pipeline;
  provider: EmbeddingProvider;
  confirm?: (() => Promise<void>) | undefined;
  onKept: (count: number) => void;
}): VectorKeeper {
  const { pipeline, provider, confirm, onKept } = run;
  const { embedderId, dimension } = provider;
  const added = new Set<number>();
  let keeping: Promise<void> = Promise.resolve();
  const keep = async (made: readonly MadeVector[], versionSeen: number, costUsd: number) => {
    const hashes = made.map(({ hash }) => hash);
    const vectors = joinVectors(
      made.map(({ vector }) => vector),
      dimension,
    );
    await settleAll([
      addCached(pipeline, { embedderId, hashes, vectors, versionSeen }, added),
      costUsd === 0 ? Promise.resolve() : pipeline.commit(() => addSpent(pipeline, costUsd)),
    ]);
    onKept(made.length);
  };
  const enqueue = (task: () => Promise<void>) => {
    keeping = keeping.then(task);
    handledElsewhere(keeping);
  };
  return {
    open(versionSeen) {
      let waiting: MadeVector[] = [];
      let counted = 0;
      const next = (costUsd: number) => {
        const [made, cost] = [waiting, costUsd - counted];
        waiting = [];
        counted = costUsd;
        return () => keep(made, versionSeen, cost);
      };
      return {
        async take(made, costUsd) {
          waiting.push(...made);
          if (waiting.length < portionSize) return;
          const before = keeping;
          const keepNext = next(costUsd);
          const confirming = confirm?.();
          enqueue(async () => {
            await confirming;
            await keepNext();
          });
          await Promise.all([before, confirming]);
        },
        close(costUsd) {
          if (waiting.length > 0 || costUsd > counted) enqueue(next(costUsd));
          return keeping;
        },
      };
    },
    async settled() {
      await Promise.allSettled([keeping]);
    },
  };
}

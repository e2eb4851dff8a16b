import { DomainError } from "../errors/domain-error.ts";
import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import type { QueryEmbedder } from "./embed-query.ts";

/** The query's vector, undefined where it has no feature; or why there is none to be had now. */
export type TimelyVector = { vector: Float32Array | undefined } | { failure: string };

export type TimelyEmbedder = (
  query: string,
  index: { embedderId: string; dimension: number },
) => Promise<TimelyVector>;

interface Trouble {
  failure: string;
  /** Until when the embedder counts as failing; for ever while it is being asked. */
  untilMs: number;
}

/** Longer than a loaded model takes for one query, and as long as people wait for hits without wondering. */
const usualPatienceMs = 3_000;
/** One query in so long waits for a server that is down; most are back later than that. */
const restMs = 5_000;

/** A retry mends none of these, but somebody may, and words rank as they do in an outage. */
const misconfigured = new Set(["provider-host-unknown", "provider-model-missing"]);

/**
 * For searches that can do without a vector: what a retry or the file of models could mend is not thrown, and none
 * is waited for any longer than the patience. While an embedder fails, one query at a time asks it behind the others'
 * backs, and none waits.
 */
export function createTimelyEmbedder(
  { embed }: Pick<QueryEmbedder, "embed">,
  patienceMs = usualPatienceMs,
): TimelyEmbedder {
  const troubles = new Map<string, Trouble>();
  const ask: TimelyEmbedder = async (query, index) => {
    try {
      const vector = await embed(query, index);
      troubles.delete(index.embedderId);
      return { vector };
    } catch (error) {
      troubles.delete(index.embedderId);
      if (!(error instanceof DomainError && (error.retryable || misconfigured.has(error.type)))) throw error;
      const failure = error.message;
      troubles.set(index.embedderId, { failure, untilMs: performance.now() + restMs });
      return { failure };
    }
  };
  return async (query, index) => {
    const { embedderId } = index;
    const trouble = troubles.get(embedderId);
    if (trouble !== undefined && performance.now() < trouble.untilMs) {
      const { failure, untilMs } = trouble;
      if (Number.isFinite(untilMs)) {
        troubles.set(embedderId, { failure, untilMs: Number.POSITIVE_INFINITY });
        handledElsewhere(ask(query, index));
      }
      return { failure };
    }
    const asked = ask(query, index);
    const failure = `${embedderId} has not answered within ${patienceMs} ms.`;
    return await within(asked, patienceMs, () => {
      troubles.set(embedderId, { failure, untilMs: Number.POSITIVE_INFINITY });
      handledElsewhere(asked);
      return { failure };
    });
  };
}

async function within<T>(task: Promise<T>, limitMs: number, onLate: () => T): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.resolve(onLate()), limitMs);
  try {
    return await Promise.race([task, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

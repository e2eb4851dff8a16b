import { setImmediate as nextTurn } from "node:timers/promises";
import { mean } from "../../evaluation/metrics.ts";
import { createRandom } from "../../generation/format/seeded-random.ts";
import type { Interval } from "../migration-record.ts";

/** The chunks that queries are ranked among, as one model sees them. */
export interface ModelView {
  dimension: number;
  /** One for each chunk, back to back. */
  vectors: Float32Array;
  /** One for each query; undefined where the model finds nothing in its text. */
  queries: readonly (Float32Array | undefined)[];
}

/** How a model ranks documents by their nearest chunk: one over the place of the first relevant one, query by query. */
export async function reciprocalRanks(
  { dimension, vectors, queries }: ModelView,
  corpus: { docIds: readonly string[]; isRelevant: (docId: string, query: number) => boolean },
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const ranks: number[] = [];
  for (const [query, vector] of queries.entries()) {
    // A thousand chunks of a thousand values are a millisecond, so other work gets its turn after each query.
    await nextTurn();
    signal?.throwIfAborted();
    const best = new Map<string, number>();
    if (vector !== undefined)
      for (const [place, docId] of corpus.docIds.entries()) {
        let score = 0;
        const first = place * dimension;
        for (let value = 0; value < dimension; value += 1) score += vector[value]! * vectors[first + value]!;
        if (score > (best.get(docId) ?? Number.NEGATIVE_INFINITY)) best.set(docId, score);
      }
    const relevant = [...best].filter(([docId]) => corpus.isRelevant(docId, query));
    const highest = Math.max(...relevant.map(([, score]) => score));
    const before = [...best.values()].filter((score) => score > highest).length;
    ranks.push(relevant.length === 0 ? 0 : 1 / (before + 1));
  }
  return ranks;
}

/** Twice as many move an end of the interval by less than its own noise. */
const resamples = 2_000;

/**
 * The mean difference of paired measures with its 95 % interval, by resampling the queries (Efron's percentile
 * bootstrap). The same values and seed give the same interval.
 */
export function differenceInterval(
  before: readonly number[],
  after: readonly number[],
  seed: number,
): Interval {
  const differences = after.map((value, query) => value - (before[query] ?? 0));
  const random = createRandom(seed);
  const means = Array.from({ length: resamples }, () =>
    mean(differences.map(() => differences[Math.floor(random() * differences.length)]!)),
  ).sort((a, b) => a - b);
  const low = means[Math.floor(0.025 * resamples)] ?? 0;
  const high = means[Math.ceil(0.975 * resamples) - 1] ?? 0;
  return { expected: mean(differences), low, high };
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { QueryRecall } from "../../evaluation/metrics.ts";
import { reachedHits, searchDepth, truthQuery } from "../../evaluation/truth-query.ts";
import type { IndexParameters } from "../../vector/index-parameters.ts";
import { openVectorIndex } from "../../vector/read/open-vector-index.ts";
import type { VectorIndex } from "../../vector/vector-index.ts";
import { serveThread, type ThreadContext } from "../thread/serve-thread.ts";

export interface MeasuredQuery {
  vector: Float32Array;
  /** Positions in the measured index that must not count as hits. */
  exclude: Uint32Array;
  /** The score of the last of the best hits, and how many there are; found by comparing everything where absent. */
  truth?: { threshold: number; hitCount: number } | undefined;
}

/** What the thread that searches is started with, and what it answers. */
export interface MeasureThreadData {
  folder: string;
  parameters: IndexParameters;
  dimension: number;
  vectorCount: number;
  k: number;
  queries: MeasuredQuery[];
  /** What serves, over the same vectors: its searches take turns with the measured ones. */
  serving: { folder: string; parameters: IndexParameters } | undefined;
}
export interface MeasureThreadAnswer {
  /** In milliseconds, of every timed search. */
  durations: Float64Array;
  /** The same of what serves; empty where it takes no part. */
  servingDurations: Float64Array;
  /** Of each query, in order. */
  recalls: QueryRecall[];
}

/** Enough for a 99th percentile that one hiccup does not decide. */
const timedMin = 400;
/** Rounds whose medians show by how much the figure can be trusted; the slowest index does with two of them. */
const roundsWanted = 7;
const roundsMin = 2;
const roundsMsMax = 8_000;
/** The graph backend answers scans that are asked for together in one pass; Lance runs each on its own, on all cores. */
const scansAtOnce = { hnsw: 64, lance: 4 };

await serveThread<MeasureThreadData, MeasureThreadAnswer>(async (data, context) => {
  const { k, queries } = data;
  const vectors = await openVectorIndex(data);
  const serving = data.serving && (await openVectorIndex({ ...data, ...data.serving }));
  try {
    const truths = await findTruths(vectors, data, context);
    const recalls = [];
    // This round also warms up what the timed ones read.
    for (const [place, query] of queries.entries()) {
      recalls.push(await recallOf(vectors, query, truths[place]!, { k, signal: context.signal }));
      await nextTurn();
    }
    return { ...(await timeSearches([vectors, ...(serving ? [serving] : [])], data, context)), recalls };
  } finally {
    await vectors.close();
    await serving?.close();
  }
});

type Truth = NonNullable<MeasuredQuery["truth"]>;

async function findTruths(
  vectors: VectorIndex,
  { queries, k }: MeasureThreadData,
  { signal }: ThreadContext,
): Promise<Truth[]> {
  const truths: Truth[] = [];
  const width = scansAtOnce[vectors.backend];
  for (let first = 0; first < queries.length; first += width) {
    signal.throwIfAborted();
    const group = queries.slice(first, first + width).map(async (query) => {
      if (query.truth !== undefined) return query.truth;
      const found = await vectors.exact(query.vector, { k: searchDepth(query, k) });
      const counted = found.scores.filter((_, place) => !query.exclude.includes(found.ordinals[place]!));
      return truthQuery({ id: "", ...query }, { scores: counted.slice(0, k) });
    });
    truths.push(...(await Promise.all(group)));
  }
  return truths;
}

async function recallOf(
  vectors: VectorIndex,
  query: MeasuredQuery,
  truth: Truth,
  { k, signal }: { k: number; signal: AbortSignal },
): Promise<QueryRecall> {
  const hits = await vectors.search(query.vector, { k: searchDepth(query, k), signal });
  return reachedHits({ ...truth, exclude: query.exclude }, hits);
}

/**
 * Whole rounds over all queries, so that a search never finds its own pages just read, in turn with rounds of what
 * serves, so that both meet the same machine.
 */
async function timeSearches(
  indexes: readonly VectorIndex[],
  { queries, k }: MeasureThreadData,
  { signal, progress }: ThreadContext,
): Promise<Pick<MeasureThreadAnswer, "durations" | "servingDurations">> {
  const rounds = Math.max(roundsWanted, Math.ceil(timedMin / queries.length));
  const total = rounds * queries.length * indexes.length;
  const durations: number[][] = [[], []];
  let done = 0;
  const begin = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const isEnough = round >= roundsMin && durations[0]!.length >= timedMin;
    if (isEnough && performance.now() - begin > roundsMsMax) break;
    for (const [place, index] of indexes.entries()) {
      for (const { vector } of queries) {
        signal.throwIfAborted();
        const asked = performance.now();
        await index.search(vector, { k, signal });
        durations[place]!.push(performance.now() - asked);
        done += 1;
        progress({ done, total, unit: "searches" });
        await nextTurn();
      }
    }
  }
  const [measured, serving] = durations.map((all) => Float64Array.from(all));
  return { durations: measured!, servingDurations: serving! };
}

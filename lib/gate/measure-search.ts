import { type RecallInterval, recallInterval } from "../evaluation/metrics.ts";
import { quantile } from "../evaluation/quantile.ts";
import { recallDepth } from "../generation/measure-recall.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { rankChunks } from "../search/rank-chunks.ts";
import type { RowFilter } from "../vector/vector-index.ts";
import { findTargets, type GateQuery, type RecallTarget } from "./find-targets.ts";
import { evenly } from "./gate-queries.ts";
import { sampleRows } from "./sample-rows.ts";

/** The whole, and filters that let a half, a tenth and a hundredth of the chunks pass. */
export const selectivities = [1, 0.5, 0.1, 0.01] as const;
/** Any fixed seed: a verdict can be repeated. */
const filterSeed = 7;

export interface RecallMeasure extends RecallInterval {
  selectivity: number;
  queryCount: number;
}

interface SearchMeasure {
  opened: OpenGeneration;
  queries: readonly GateQuery[];
  signal?: AbortSignal | undefined;
}

/** Recall@10 of the path that serves against an exact scan, for each selectivity. */
export async function measureRecalls({ opened, queries, signal }: SearchMeasure): Promise<RecallMeasure[]> {
  const { vectors } = opened;
  const filters = selectivities.map((share) =>
    share === 1 ? undefined : sampleRows(vectors.vectorCount, share, filterSeed),
  );
  const scanned = evenly(queries, scannedMax(vectors.vectorCount));
  const known = queries.filter(({ target }) => target !== undefined);
  const whole =
    known.length > 0 ? [] : await findTargets({ vectors, queries: scanned, filters: [undefined], signal });
  const few = evenly(scanned, filteredMax);
  const targets = await findTargets({ vectors, queries: few, filters, signal });
  const measures: RecallMeasure[] = [];
  for (const [place, selectivity] of selectivities.entries()) {
    const isWhole = selectivity === 1;
    const unfiltered = known.length > 0 ? known : scanned;
    const measured = isWhole ? unfiltered : few;
    const reached = [];
    for (const [position, query] of measured.entries()) {
      signal?.throwIfAborted();
      const target = isWhole ? (query.target ?? whole[position]?.[0]) : targets[position]?.[place];
      if (target !== undefined) {
        reached.push(await reachedBy({ opened, query, filter: filters[place], target, signal }));
      }
    }
    measures.push({ selectivity, ...recallInterval(reached), queryCount: measured.length });
  }
  return measures;
}

/** A scan for all filters at once goes deep, and costs many times a shallow one; 160 hits still show a lost twentieth. */
const filteredMax = 16;

/** As many scans as take some seconds, and no more than a narrow interval needs. */
function scannedMax(vectorCount: number): number {
  return Math.min(200, Math.max(16, Math.floor(64_000_000 / Math.max(1, vectorCount))));
}

async function reachedBy(options: {
  opened: OpenGeneration;
  query: GateQuery;
  filter: RowFilter | undefined;
  target: RecallTarget;
  signal: AbortSignal | undefined;
}): Promise<{ reached: number; wanted: number }> {
  const { threshold, hitCount } = options.target;
  const { ordinals, scores } = await searchFor(options);
  const excluded = new Set(options.query.exclude);
  const counted = scores.filter((_, place) => !excluded.has(ordinals[place] ?? 0)).subarray(0, hitCount);
  return { reached: counted.filter((score) => score >= threshold).length, wanted: hitCount };
}

function searchFor(options: {
  opened: OpenGeneration;
  query: GateQuery;
  filter?: RowFilter | undefined;
  signal?: AbortSignal | undefined;
}) {
  const { opened, query, filter, signal } = options;
  const { vector, exclude } = query;
  const k = Math.min(recallDepth + exclude.length, opened.manifest.vectorCount);
  return rankChunks({ generation: opened, mode: "vector", query: undefined, vector, filter, k, signal });
}

/** Searches timed in one round: enough for a 95th percentile, few enough for the slowest index to bear. */
const timedCount = 200;
/** Of one that differs from a certified generation by a segment at most, no more than whether it is as quick is asked. */
export const appendedTimedCount = 24;
const roundMs = 400;
/** A busy neighbour slows a search down and nothing makes it faster, so the best round is the nearest to the truth. */
const roundsMax = 3;

export interface LatencyMeasure {
  p50Ms: number;
  p95Ms: number;
  searchCount: number;
}

interface TimedSearches extends SearchMeasure {
  countMax?: number | undefined;
}

/** Unfiltered searches one after the other, as in `measureRecalls`, which warms everything up. */
export async function measureLatency(
  options: TimedSearches & { isEnough: (measured: LatencyMeasure) => boolean },
): Promise<LatencyMeasure> {
  let best: LatencyMeasure = { p50Ms: 0, p95Ms: 0, searchCount: 0 };
  if (options.queries.length === 0) return best;
  for (let round = 0; round < roundsMax; round += 1) {
    const measured = await timeRound(options);
    if (round === 0 || measured.p95Ms < best.p95Ms) best = measured;
    if (options.isEnough(best)) return best;
  }
  return best;
}

async function timeRound(searches: TimedSearches): Promise<LatencyMeasure> {
  const { opened, queries, signal, countMax = timedCount } = searches;
  const durations: number[] = [];
  const begin = performance.now();
  while (durations.length < countMax && performance.now() - begin < roundMs) {
    signal?.throwIfAborted();
    const query = queries[durations.length % queries.length];
    if (query === undefined) break;
    const start = performance.now();
    await searchFor({ opened, query, signal });
    durations.push(performance.now() - start);
  }
  const [p50Ms, p95Ms] = [quantile(durations, 0.5), quantile(durations, 0.95)];
  return { p50Ms, p95Ms, searchCount: durations.length };
}

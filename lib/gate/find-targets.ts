import { recallDepth, scansAtOnce, tieWidth } from "../generation/measure-recall.ts";
import { isAllowed } from "../vector/format/is-allowed.ts";
import type { RowFilter, VectorIndex } from "../vector/vector-index.ts";

export interface GateQuery {
  vector: Float32Array;
  /** Ordinals that must not be in the ranking by which it is judged, ascending. */
  exclude: Uint32Array;
  /** What an unfiltered search must reach, where that is known. */
  target?: RecallTarget;
}

/** What a search for a query under one filter must reach: this many hits of at least this score. */
export interface RecallTarget {
  threshold: number;
  hitCount: number;
}

/**
 * One scan gives the best of every filter at once if it goes deep enough: at a hundredth of the rows it holds 25 of the
 * ten that are wanted, and where it holds too few, that query is scanned again.
 */
const deepCount = 2_560;

/** The targets of each query, by filter, found by comparing every stored vector. */
export async function findTargets(options: {
  vectors: VectorIndex;
  queries: readonly GateQuery[];
  filters: readonly (RowFilter | undefined)[];
  signal?: AbortSignal | undefined;
}): Promise<RecallTarget[][]> {
  const { vectors, queries, signal } = options;
  const width = scansAtOnce[vectors.backend];
  const targets: RecallTarget[][] = [];
  for (let first = 0; first < queries.length; first += width) {
    signal?.throwIfAborted();
    const together = queries.slice(first, first + width);
    targets.push(...(await Promise.all(together.map((query) => targetsOf(query, options)))));
  }
  return targets;
}

async function targetsOf(
  { vector, exclude }: GateQuery,
  { vectors, filters, signal }: Parameters<typeof findTargets>[0],
): Promise<RecallTarget[]> {
  const excluded = new Set(exclude);
  const isFiltered = filters.some((filter) => filter !== undefined);
  const deep = Math.min(vectors.vectorCount, (isFiltered ? deepCount : recallDepth) + excluded.size);
  if (deep === 0) return filters.map(() => ({ threshold: 0, hitCount: 0 }));
  const list = await vectors.exact(vector, { k: deep, signal });
  const isWhole = list.ordinals.length === vectors.vectorCount;
  const targets: RecallTarget[] = [];
  for (const filter of filters) {
    const found = bestScores(list, filter, excluded);
    const isEnough = found.length === recallDepth || isWhole;
    targets.push(targetFrom(isEnough ? found : await scanAgain(filter)));
  }
  return targets;

  async function scanAgain(filter: RowFilter | undefined): Promise<number[]> {
    const hits = await vectors.exact(vector, { k: recallDepth + excluded.size, filter, signal });
    return bestScores(hits, filter, excluded);
  }
}

function bestScores(
  { ordinals, scores }: { ordinals: Uint32Array; scores: Float32Array },
  filter: RowFilter | undefined,
  excluded: ReadonlySet<number>,
): number[] {
  const best: number[] = [];
  for (let place = 0; place < ordinals.length && best.length < recallDepth; place += 1) {
    const ordinal = ordinals[place] ?? 0;
    if (excluded.has(ordinal) || (filter !== undefined && !isAllowed(filter.bits, ordinal))) continue;
    best.push(scores[place] ?? 0);
  }
  return best;
}

function targetFrom(best: number[]): RecallTarget {
  return { threshold: (best.at(-1) ?? 0) - tieWidth, hitCount: best.length };
}

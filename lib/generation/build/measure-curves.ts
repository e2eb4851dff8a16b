import { lanceColumns } from "../../vector/format/lance-columns.ts";
import { recallTarget } from "../../vector/read/plan-search.ts";
import type { SearchCurves } from "../../vector/search-curves.ts";
import type { RowFilter, VectorIndex, VectorSearch } from "../../vector/vector-index.ts";
import { type GroundTruth, measureRecall, recallDepth } from "../measure-recall.ts";

/** Enough for a median and, over bands of ten ranks and more, for a share; a second in all at 100,000 × 768. */
const queryCount = 8;
const timingCount = 5;
/** Each is compared with every vector for its neighbourhood, and with all that match for each width of filter. */
const filteredCount = 6;
/** What a filter may need to explore, from the least effort of a default index to half of the most. */
const deepEfforts = [64, 128, 192, 256, 384, 512, 1024, 2048];
const timedEfforts = [256, 1024, 2048];
const depths = [10, 20, 30, 50, 75, 100, 150, 200, 300];
/** A search reranks three candidates a hit, so it looks no deeper than a third of its effort. */
const deepShare = 3;
/**
 * Neighbours that a hard filter takes away: more than are of one kind. Where some of a kind are left, they are the best
 * hits and easily found; what is hard to find is what lies between the kinds.
 */
const hollowCount = 300;
const filteredEffortMax = 2_048;
/** Scores nearer than this are equal. */
const tieWidth = 1e-5;

export interface CurveInput {
  vectors: VectorIndex;
  truth: GroundTruth;
  /** By `performance.now()`: what is not measured by then is planned as of an index that nobody measured. */
  untilMs: number;
  signal?: AbortSignal | undefined;
}

function isLate({ untilMs }: CurveInput): boolean {
  return performance.now() > untilMs;
}

export type EffortPoint = SearchCurves["indexed"][number];

/** Recall and median time of one effort, over every probe. */
export async function measureEffortPoint(input: CurveInput, effort: number): Promise<EffortPoint> {
  const recall = await measureRecall({ ...input, effort });
  const queries = input.truth.queries.slice(0, queryCount).map(({ query }) => query);
  return { effort, recall, ms: await medianMs(input, queries, { effort }) };
}

/** What searching this very index costs and finds; `indexed` holds the efforts that were measured already. */
export async function measureCurves(
  input: CurveInput,
  measured: readonly EffortPoint[],
): Promise<SearchCurves> {
  const { vectors, truth } = input;
  const { vectorCount, backend } = vectors;
  const queries = truth.queries.slice(0, queryCount).map(({ query }) => query);
  const exact = await measureExact(input, queries);
  if (backend === "lance") {
    const filtered = await measureFiltered(input, {
      queries: queries.slice(0, filteredCount),
      least: measured.at(-1)?.effort,
      ...exact,
    });
    return { vectorCount, ...exact, indexed: [...measured], deep: [], filtered };
  }
  const known = Math.max(0, ...measured.map(({ effort }) => effort));
  const few = { ...input, truth: { queries: truth.queries.slice(0, timingCount) } };
  const indexed = [...measured];
  for (const effort of timedEfforts.filter((one) => one > known && one <= vectorCount)) {
    if (isLate(input)) break;
    indexed.push(await measureEffortPoint(few, effort));
  }
  return { vectorCount, ...exact, indexed, deep: await measureDeep(input, queries), filtered: [] };
}

/** A line through the times of a narrow and a wide filter; their rows lie scattered, as those of a real one do. */
async function measureExact(
  input: CurveInput,
  queries: readonly Float32Array[],
): Promise<Pick<SearchCurves, "exact" | "inlineRowMs">> {
  const { vectors } = input;
  const { vectorCount, backend } = vectors;
  const some = queries.slice(0, timingCount);
  const timed = async (rows: number) => {
    const filter = everyNth(vectors, Math.max(1, Math.floor(vectorCount / rows)));
    return { rows: filter.matchCount, ms: await medianMs(input, some, { filter, exact: true }) };
  };
  const [few, many] = backend === "hnsw" ? [4_000, 12_000] : [1_000, 10_000];
  const narrow = await timed(Math.min(few, vectorCount));
  const wide = await timed(Math.min(many, vectorCount));
  const span = wide.rows - narrow.rows;
  const rowMs = span > 0 ? Math.max(0, wide.ms - narrow.ms) / span : narrow.ms / Math.max(1, narrow.rows);
  const exact = { startMs: Math.max(0, narrow.ms - rowMs * narrow.rows), rowMs };
  if (backend === "lance") return { exact };
  const inline = await timed(Math.min(400, vectorCount));
  return { exact, inlineRowMs: inline.ms / Math.max(1, inline.rows) };
}

/** How true the candidates are far from the query, where a filter that lets few rows pass has to look. */
async function measureDeep(
  input: CurveInput,
  queries: readonly Float32Array[],
): Promise<SearchCurves["deep"]> {
  const { vectors, signal } = input;
  const k = Math.min(depths.at(-1)!, vectors.vectorCount);
  const truth = await Promise.all(
    queries.map(async (query) => (await vectors.exact(query, { k, signal })).scores),
  );
  const deep: SearchCurves["deep"] = [];
  for (const effort of deepEfforts.filter((one) => one <= vectors.vectorCount)) {
    // Without a single one, every depth would be trusted.
    if (deep.length > 0 && isLate(input)) break;
    const deepest = Math.min(k, Math.floor(effort / deepShare));
    const found: Float32Array[] = [];
    for (const query of queries) {
      signal?.throwIfAborted();
      found.push((await vectors.search(query, { k: deepest, effort, signal })).scores);
    }
    let nearer = 0;
    for (const depth of depths.filter((one) => one <= deepest)) {
      const shares = found.map((scores, place) => {
        const band = truth[place]!.subarray(nearer, depth);
        return shareFound(band, scores);
      });
      deep.push({ effort, depth, recall: mean(shares) });
      nearer = depth;
    }
  }
  return deep;
}

/** How many of these scores, best first, a search came upon; both lists are of exact scores, up to rounding. */
function shareFound(band: Float32Array, scores: Float32Array): number {
  const [best, least] = [band[0]! + tieWidth, band.at(-1)! - tieWidth];
  const found = scores.filter((score) => score >= least && score <= best).length;
  return Math.min(1, found / band.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/**
 * The engine filters by itself, so its own filtered searches are what has to be measured: each without the query's own
 * neighbourhood, which is the hardest that a filter can do, and with twice the effort until it suffices.
 */
async function measureFiltered(
  input: CurveInput,
  { queries, least, exact }: { queries: readonly Float32Array[]; least: number | undefined; exact: CostLine },
): Promise<SearchCurves["filtered"]> {
  const { vectors, signal } = input;
  const { vectorCount } = vectors;
  const filtered: SearchCurves["filtered"] = [];
  if (least === undefined) return filtered;
  const hollows: Uint32Array[] = [];
  for (const query of queries) {
    hollows.push((await vectors.exact(query, { k: hollowCount, signal })).ordinals);
  }
  for (const step of [2, 10, 50]) {
    const matchCount = vectorCount / step;
    // Without a single one, every filtered search would compare all that match.
    if (matchCount <= hollowCount || (filtered.length > 0 && isLate(input))) break;
    const cases: FilteredCase[] = [];
    for (const [place, query] of queries.entries()) {
      cases.push(await hollowCase(input, { query, near: hollows[place]!, step }));
    }
    const selectivity = (cases[0]?.filter.matchCount ?? 0) / vectorCount;
    for (let effort = least; effort <= filteredEffortMax; effort *= 2) {
      const point = await measureCases(input, cases, effort);
      filtered.push({ selectivity, effort, ...point });
      const isDearer = point.ms > exact.startMs + exact.rowMs * matchCount;
      if (point.recall >= recallTarget || isDearer) break;
    }
  }
  return filtered;
}

type CostLine = SearchCurves["exact"];

interface FilteredCase {
  query: Float32Array;
  filter: RowFilter;
  /** Exact scores under the filter. */
  best: Float32Array;
}

async function hollowCase(
  { vectors, signal }: CurveInput,
  { query, near, step }: { query: Float32Array; near: Uint32Array; step: number },
): Promise<FilteredCase> {
  const { bits, where } = everyNth(vectors, step);
  for (const ordinal of near) bits[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
  const filter = {
    bits,
    matchCount: bits.reduce((sum, word) => sum + countBits(word), 0),
    where: `${where} AND ${lanceColumns.ordinal} NOT IN (${near.join(",")})`,
  };
  const { scores } = await vectors.exact(query, { k: recallDepth, filter, signal });
  return { query, filter, best: scores };
}

async function measureCases({ vectors, signal }: CurveInput, cases: readonly FilteredCase[], effort: number) {
  const times: number[] = [];
  const shares: number[] = [];
  for (const { query, filter, best } of cases) {
    const begin = performance.now();
    const { scores } = await vectors.search(query, { k: recallDepth, filter, effort, signal });
    times.push(performance.now() - begin);
    shares.push(shareFound(best, scores));
  }
  return { recall: mean(shares), ms: median(times) };
}

function countBits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** The median of each query's quicker of two tries: what else the machine did meanwhile is no cost of the search. */
async function medianMs(
  { vectors, signal }: CurveInput,
  queries: readonly Float32Array[],
  { exact = false, ...search }: Omit<VectorSearch, "k"> & { exact?: boolean },
): Promise<number> {
  const times: number[] = [];
  for (const query of queries) {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 2; round++) {
      const begin = performance.now();
      const request = { k: recallDepth, signal, ...search };
      await (exact ? vectors.exact(query, request) : vectors.search(query, request));
      least = Math.min(least, performance.now() - begin);
    }
    times.push(least);
  }
  return median(times);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}

/** Rows at even distances: a filter that says nothing about the vectors. */
function everyNth({ vectorCount }: VectorIndex, step: number): RowFilter {
  const bits = new Uint32Array(Math.ceil(vectorCount / 32));
  for (let ordinal = 0; ordinal < vectorCount; ordinal += step) bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
  return { bits, matchCount: Math.ceil(vectorCount / step), where: `${lanceColumns.ordinal} % ${step} = 0` };
}

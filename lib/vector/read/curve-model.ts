import type { SearchCurves } from "../search-curves.ts";
import type { VectorBackend } from "../vector-index.ts";

/** What the curves say of one index, between and beyond what was measured; costs and recalls are monotone. */
export interface CurveModel {
  /** Comparing that many rows, wherever that is best done. */
  exactMs(rows: number): number;
  /** So few rows are compared on the calling thread; 0 where the engine has its own. */
  readonly inlineRowsMax: number;
  indexedMs(effort: number): number;
  /** The most effort that fits into the time, at least 1. */
  effortWithin(ms: number): number;
  /** The share that an effort finds of the neighbours around this rank and nearer; 1 where nobody measured it. */
  deepRecall(effort: number, depth: number): number;
  /** Every effort at which `deepRecall` was measured, ascending. */
  readonly deepEfforts: readonly number[];
  /** The least effort, from this one on, that was seen to reach a recall where so small a share passes, if any was. */
  filteredEffort(wish: { selectivity: number; effort: number; recall: number }): CostPoint | undefined;
}

// A scan may hold the calling thread for about this long.
const inlineMsMax = 3;

// Milliseconds at 768 values on a plain machine, and how far from there a measurement is believed: one that was taken
// beside other work must not turn every search into a scan, nor into a walk through the whole graph.
const plain = {
  hnsw: { inlineRow: 0.0015, start: 0.3, row: 0.0017, effort: 0.006, indexedStart: 0.05 },
  lance: { inlineRow: 0.0015, start: 4, row: 0.001, effort: 0.006, indexedStart: 1.5 },
} as const;
const believedFactor = 6;

/** `dimension` scales what is believed; `curves` are absent in generations of older builds. */
export function modelCurves(
  curves: SearchCurves | undefined,
  { backend, dimension }: { backend: VectorBackend; dimension: number },
): CurveModel {
  const usual = plain[backend];
  const scale = Math.max(0.1, dimension / 768);
  const believed = (ms: number | undefined, expected: number) =>
    Math.min(expected * believedFactor, Math.max(expected / believedFactor, ms ?? expected));
  const inlineRowMs = believed(curves?.inlineRowMs, usual.inlineRow * scale);
  const startMs = Math.min(20 * usual.start, curves?.exact.startMs ?? usual.start);
  const rowMs = believed(curves?.exact.rowMs, usual.row * scale);
  const inlineRowsMax = backend === "hnsw" ? Math.max(alwaysExact, Math.floor(inlineMsMax / inlineRowMs)) : 0;
  const indexedAt = costLine(
    (curves?.indexed ?? []).map(({ effort, ms }) => {
      const expected = usual.indexedStart + effort * usual.effort * scale;
      return { effort, ms: believed(ms, expected) };
    }),
    (effort) => usual.indexedStart + effort * usual.effort * scale,
  );
  return {
    inlineRowsMax,
    exactMs: (rows) =>
      rows <= inlineRowsMax
        ? rows * inlineRowMs
        : Math.max(inlineRowsMax * inlineRowMs, startMs + rows * rowMs),
    indexedMs: indexedAt,
    effortWithin: (ms) => largestWithin(indexedAt, ms),
    ...deepModel(curves?.deep ?? []),
    ...filteredModel(curves?.filtered ?? [], indexedAt),
  };
}

/**
 * Comparing so few rows takes a millisecond at 768 values, and cannot miss, whatever a busy machine has measured. Beyond
 * them, the curves decide how many are compared for the sake of certainty.
 */
export const alwaysExact = 1_000;

type CostPoint = { effort: number; ms: number };

/** Linear between the points and through the origin before them; beyond them as steep as from the origin to the last. */
function costLine(points: readonly CostPoint[], unmeasured: (effort: number) => number) {
  let most = 0;
  const rising = points
    .toSorted((left, right) => left.effort - right.effort)
    .map(({ effort, ms }) => {
      most = Math.max(most, ms);
      return { effort, ms: most };
    });
  return (effort: number): number => {
    const above = rising.findIndex((point) => point.effort >= effort);
    const [from, to] = [rising[above - 1], rising[above]];
    const last = rising.at(-1);
    if (last === undefined) return unmeasured(effort);
    if (to === undefined) return (last.ms * effort) / last.effort;
    if (from === undefined) return (to.ms * effort) / to.effort;
    return from.ms + ((to.ms - from.ms) * (effort - from.effort)) / (to.effort - from.effort);
  };
}

function largestWithin(cost: (effort: number) => number, ms: number): number {
  let [fits, over] = [1, 1_048_576];
  while (over - fits > 1) {
    const middle = (fits + over) >>> 1;
    if (cost(middle) <= ms) fits = middle;
    else over = middle;
  }
  return fits;
}

function deepModel(deep: SearchCurves["deep"]): Pick<CurveModel, "deepRecall" | "deepEfforts"> {
  const deepEfforts = [...new Set(deep.map(({ effort }) => effort))].sort((left, right) => left - right);
  const lines = deepEfforts.map((effort) => ({
    effort,
    points: deep.filter((point) => point.effort === effort).sort((left, right) => left.depth - right.depth),
  }));
  return {
    deepEfforts,
    deepRecall(effort, depth) {
      if (lines.length === 0) return 1;
      const within = lines.filter((line) => line.effort <= effort);
      return within.reduce((best, { points }) => Math.max(best, recallOnLine(points, depth)), 0);
    },
  };
}

/**
 * The recall of the stretch in which this depth lies: a search that misses much believes to be nearer than it is, so no
 * part of the nearer stretch's is added. What was not looked at so deep is not trusted at all.
 */
function recallOnLine(points: readonly { depth: number; recall: number }[], depth: number): number {
  const end = points.findIndex((point) => point.depth >= depth);
  return end === -1 ? 0 : Math.min(...points.slice(0, end + 1).map(({ recall }) => recall));
}

/** What a filter was measured by lets a little more pass than a round share, or a little less. */
const widthSlack = 1.05;

function filteredModel(
  filtered: SearchCurves["filtered"],
  indexedMs: (effort: number) => number,
): Pick<CurveModel, "filteredEffort"> {
  const widths = [...new Set(filtered.map(({ selectivity }) => selectivity))].sort(
    (one, other) => other - one,
  );
  return {
    filteredEffort({ selectivity, effort, recall }) {
      // The narrower of the two neighbours: it is the harder one. Filters narrower than any were not looked at.
      const width = widths.find((one) => one <= selectivity * widthSlack);
      if (width === undefined) return undefined;
      const enough = filtered
        .filter((point) => point.selectivity === width && point.recall >= recall)
        .sort((one, other) => one.effort - other.effort)
        .at(0);
      if (enough === undefined) return undefined;
      const wanted = Math.max(effort, enough.effort);
      // A filter costs the engine something, and not twenty times the search.
      const factor = Math.min(20, Math.max(1, enough.ms / indexedMs(enough.effort)));
      return { effort: wanted, ms: indexedMs(wanted) * factor };
    },
  };
}

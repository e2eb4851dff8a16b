import type { VectorPlan } from "../vector-index.ts";
import { alwaysExact, type CurveModel } from "./curve-model.ts";

/** Explored candidates in one graph search: about 20 to 40 ms on the calling thread. */
export const candidatesMax = 4096;

/** The recall that a filtered search aims at; a build sets the effort of an unfiltered one by the same. */
export const recallTarget = 0.98;

/**
 * What misses nothing may take this much longer than what may miss some: among a thousand texts, much alike, a graph
 * that finds 98 % of all neighbours loses a tenth of somebody's.
 */
const certaintyMs = 2;

/** Rows that pass a filter scatter; a fifth more candidates than the mean makes a second search rare. */
const margin = 1.2;

export interface SearchQuestion {
  curves: CurveModel;
  vectorCount: number;
  matchCount: number;
  k: number;
  /** The recall aimed at holds for this many of the `k`; what is below them may be less sure. */
  head: number;
  /** What an unfiltered search explores. */
  effort: number;
  /** The request names the effort: where no candidates are filtered afterwards it is taken, so that it can be measured. */
  asked: boolean;
  filtered: boolean;
  structure: GraphStructure | TableStructure | FlatStructure;
  /** No further try that takes longer than this. */
  msMax?: number | undefined;
}

/** A graph whose candidates are filtered afterwards. */
interface GraphStructure {
  kind: "graph";
  /** Candidates that must pass the filter, so that the best `k` of them can be put in their true order. */
  need: number;
  /** At which rank the last of the `head` stood in an earlier try; the expected rank where it is not given. */
  depthSeen?: number | undefined;
}

/** An engine that filters while it searches, and gives so many rows at most. */
interface TableStructure {
  kind: "table";
  path: "graph" | "ivf";
  rowsMax: number;
}

interface FlatStructure {
  kind: "flat";
}

export interface SearchRoute {
  path: "none" | "exact" | "graph" | "ivf";
  /** Candidates or lists to explore; 0 where none are. */
  effort: number;
  expectedMs: number;
  /** Why this path, in a sentence. */
  reason: string;
  /** There is no time for more than this effort, even where it finds too few. */
  hurried?: boolean | undefined;
}

/**
 * The cheapest way that finds the best matches: compare all of them, or explore so much of the index that enough pass
 * the filter and what is found is true as far out as the last of them is expected. Pure: the same question, the same
 * route. Among more matches, what was a search of the index stays one.
 */
export function planSearch(question: SearchQuestion): SearchRoute {
  const { curves, matchCount, msMax, asked, filtered } = question;
  if (matchCount === 0) return { path: "none", effort: 0, expectedMs: 0, reason: "Nothing matches." };
  const exactMs = curves.exactMs(matchCount);
  const comparing = `Comparing ${chunks(matchCount)} takes about ${milliseconds(exactMs)}`;
  const exact = (rest: string): SearchRoute => {
    return { path: "exact", effort: 0, expectedMs: exactMs, reason: `${comparing}${rest}.` };
  };
  const indexed = indexedRoute(question);
  if (asked && indexed !== undefined && !(filtered && question.structure.kind === "graph")) {
    return { ...indexed, reason: "The request says how much to explore." };
  }
  if (matchCount <= alwaysExact) return exact(" and misses nothing");
  const cheapestMs = Math.min(exactMs, indexed?.expectedMs ?? exactMs);
  const hurried = msMax === undefined || cheapestMs <= msMax ? undefined : hurriedRoute(question, msMax);
  if (hurried !== undefined && hurried.expectedMs < exactMs) {
    const reason = `${milliseconds(msMax ?? 0)} are allowed; to be sure would take about ${milliseconds(cheapestMs)}.`;
    return { ...hurried, reason, hurried: true };
  }
  if (indexed === undefined) return exact(unsure[question.structure.kind]);
  const exploring = `exploring ${whatIsExplored(question, indexed)} takes about ${milliseconds(indexed.expectedMs)}`;
  if (indexed.expectedMs >= exactMs) return exact(`, ${exploring}`);
  if (exactMs <= Math.min(indexed.expectedMs + certaintyMs, msMax ?? exactMs)) {
    return exact(` and misses nothing; ${exploring}`);
  }
  return { ...indexed, reason: `${capital(exploring)}; ${lower(comparing)}.` };
}

const unsure = {
  graph: "; the graph is not sure enough so far from the query",
  table: "; the index is not sure enough under this filter",
  flat: "; the generation has nothing else to search by",
};

type IndexedRoute = Omit<SearchRoute, "reason">;

/** The least effort that is expected to suffice; undefined where none within the bound does. */
function indexedRoute(question: SearchQuestion): IndexedRoute | undefined {
  const { structure, curves, effort, asked, filtered, matchCount, vectorCount, k } = question;
  if (structure.kind === "flat") return undefined;
  if (structure.kind === "graph") {
    const wanted = graphEffort(question, structure);
    return wanted === undefined
      ? undefined
      : { path: "graph", effort: wanted, expectedMs: curves.indexedMs(wanted) };
  }
  if (k > structure.rowsMax) return undefined;
  const { path } = structure;
  if (!filtered || asked) return { path, effort, expectedMs: curves.indexedMs(effort) };
  const selectivity = matchCount / vectorCount;
  const point = curves.filteredEffort({ selectivity, effort, recall: recallTarget });
  return point && { path, effort: point.effort, expectedMs: point.ms };
}

function graphEffort(question: SearchQuestion, structure: GraphStructure): number | undefined {
  const { curves, vectorCount, matchCount, effort, head, filtered } = question;
  const { need, depthSeen = 0 } = structure;
  const most = Math.min(candidatesMax, vectorCount);
  if (!filtered && depthSeen === 0) {
    return need > candidatesMax ? undefined : Math.min(Math.max(effort, need), most);
  }
  const perMatch = vectorCount / matchCount;
  const passing = Math.max(need * margin * perMatch, (depthSeen * need) / head);
  const least = Math.max(effort, Math.ceil(passing));
  if (least > candidatesMax) return undefined;
  const depth = Math.max(head * perMatch, depthSeen);
  const tries = [least, ...curves.deepEfforts.filter((one) => one > least && one <= most)];
  const enough = tries.find((candidates) => curves.deepRecall(candidates, depth) >= recallTarget);
  return enough === undefined ? undefined : Math.min(enough, most);
}

/** As much as the time allows; fewer than `k` may come. */
function hurriedRoute({ structure, curves, vectorCount, k }: SearchQuestion, msMax: number) {
  if (structure.kind === "flat") return undefined;
  const most = Math.min(candidatesMax, vectorCount);
  const effort = Math.min(most, curves.effortWithin(msMax));
  if (structure.kind === "table" && k > structure.rowsMax) return undefined;
  const path = structure.kind === "table" ? structure.path : "graph";
  return { path, effort, expectedMs: curves.indexedMs(effort) } as const;
}

function chunks(count: number): string {
  return count === 1 ? "the one chunk that may match" : `all ${count} chunks that may match`;
}

function whatIsExplored({ structure }: SearchQuestion, { path, effort }: IndexedRoute): string {
  if (path === "ivf") return `${effort} lists`;
  return structure.kind === "graph" ? `${effort} candidates of the graph` : "the graph under the filter";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The part of a route that an answer tells. */
export function planOf({ path, reason, expectedMs }: SearchRoute): VectorPlan {
  return { path, reason, expectedMs };
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

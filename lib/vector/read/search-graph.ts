import { cosineKernel } from "../format/cosine-kernel.ts";
import { isAllowed } from "../format/is-allowed.ts";
import { createTopHits } from "../format/top-hits.ts";
import type { HnswParameters } from "../index-parameters.ts";
import type { VectorHits, VectorPlan, VectorSearch } from "../vector-index.ts";
import type { CurveModel } from "./curve-model.ts";
import type { Graph } from "./graph.ts";
import type { Scanner } from "./open-scanner.ts";
import {
  milliseconds,
  planOf,
  planSearch,
  recallTarget,
  type SearchQuestion,
  type SearchRoute,
} from "./plan-search.ts";
import { scanAllowed } from "./scan-allowed.ts";
import type { VectorFile } from "./vector-file.ts";

export interface OpenGraphIndex {
  vectors: VectorFile;
  /** Undefined where none was built. */
  graph: Graph | undefined;
  scanner: Scanner;
  parameters: HnswParameters;
  curves: CurveModel;
}

type GraphQuestion = SearchQuestion & {
  structure: Extract<SearchQuestion["structure"], { kind: "graph" }>;
};

/**
 * Searches as planned, looks how far from the query the matches stood, and plans again where the graph is not sure
 * enough so far out: a filter may have left the query's own neighbourhood empty.
 */
export async function searchGraph(
  opened: OpenGraphIndex,
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> {
  request.signal?.throwIfAborted();
  const question = questionOf(opened, request);
  const { graph, vectors, curves } = opened;
  const scanBy = async (plan: VectorPlan) => ({
    ...(await compare(opened, query, request, curves.inlineRowsMax)),
    plan,
  });
  let route = planSearch(graph === undefined ? { ...question, structure: { kind: "flat" } } : question);
  if (graph === undefined || route.path !== "graph") return scanBy(planOf(route));
  for (;;) {
    const { kept, depthSeen } = keepAllowed(
      graph.candidates(query, route.effort),
      request.filter?.bits,
      question,
    );
    const answer = () => rerank(vectors, query, kept, request.k);
    if (isSure(question, route, { kept, depthSeen })) return { ...answer(), plan: planOf(route) };
    const next = planSearch({ ...question, structure: { ...question.structure, depthSeen } });
    if (next.expectedMs > (request.msMax ?? Number.POSITIVE_INFINITY)) {
      const reason = `${route.reason} Looking further would take about ${milliseconds(next.expectedMs)}.`;
      return { ...answer(), plan: { ...planOf(route), reason } };
    }
    if (next.path !== "graph") return scanBy(planOf(next));
    if (next.effort <= route.effort) {
      const reason = "The graph reaches too few of the chunks that match, so all of them are compared.";
      return scanBy({ path: "exact", reason, expectedMs: curves.exactMs(question.matchCount) });
    }
    route = next;
  }
}

function questionOf({ vectors, parameters, curves }: OpenGraphIndex, request: VectorSearch): GraphQuestion {
  const { vectorCount } = vectors;
  const { k, filter, effort, msMax } = request;
  const matchCount = filter?.matchCount ?? vectorCount;
  return {
    curves,
    vectorCount,
    matchCount,
    k,
    head: Math.max(1, Math.min(request.head ?? k, k, matchCount)),
    structure: { kind: "graph", need: rerankCount(k, parameters) },
    effort: effort ?? parameters.expansionSearch,
    asked: effort !== undefined,
    filtered: filter !== undefined,
    msMax,
  };
}

interface Kept {
  /** The first candidates that the filter allows. */
  kept: number[];
  /** At which rank the last of the `head` stood; further out than all candidates where too few passed. */
  depthSeen: number;
}

function keepAllowed(
  candidates: ArrayLike<number>,
  bits: Uint32Array | undefined,
  { structure: { need }, head, k, matchCount }: GraphQuestion,
): Kept {
  const kept: number[] = [];
  let depthSeen = 0;
  for (let rank = 1; rank <= candidates.length && kept.length < need; rank++) {
    const ordinal = candidates[rank - 1]!;
    if (bits !== undefined && !isAllowed(bits, ordinal)) continue;
    kept.push(ordinal);
    if (kept.length === head) depthSeen = rank;
  }
  const enough = Math.min(k, matchCount);
  if (kept.length >= enough) return { kept, depthSeen };
  return { kept, depthSeen: Math.ceil((candidates.length * enough) / Math.max(0.5, kept.length)) };
}

function isSure(question: GraphQuestion, { effort }: SearchRoute, { kept, depthSeen }: Kept): boolean {
  const { k, matchCount, filtered, curves } = question;
  if (kept.length < Math.min(k, matchCount)) return false;
  return !filtered || curves.deepRecall(effort, depthSeen) >= recallTarget;
}

/** How many of the graph's candidates are compared exactly: a quantised order needs room to be put right. */
function rerankCount(k: number, { engine, quantization }: HnswParameters): number {
  return engine === "hnswlib" || quantization === "f32" ? k : Math.max(30, 3 * k);
}

function rerank(
  vectors: VectorFile,
  query: Float32Array,
  ordinals: readonly number[],
  k: number,
): VectorHits {
  const hits = createTopHits(Math.min(k, ordinals.length));
  const { dimension } = vectors;
  const kernel = cosineKernel(dimension);
  kernel.setQuery(query);
  for (let first = 0; first < ordinals.length; first += kernel.rowsMax) {
    const some = ordinals.slice(first, first + kernel.rowsMax);
    some.forEach((ordinal, row) => {
      vectors.readRun(ordinal, 1, kernel.vectors, row * dimension);
    });
    const scores = kernel.score(some.length);
    some.forEach((ordinal, row) => {
      hits.offer(ordinal, scores[row]!);
    });
  }
  return { ...hits.drain(), exact: false };
}

/** From here on one pass for all queries of a gate costs less than a pass for each, and holds up nobody. */
const sharedScanRows = 500;

/** Compares every allowed row. Scans of everything that are asked for together share a pass over the file. */
export function compareAll(
  opened: OpenGraphIndex,
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> | VectorHits {
  const inlineMax = request.filter === undefined ? sharedScanRows : opened.curves.inlineRowsMax;
  return compare(opened, query, request, inlineMax);
}

/** So few rows on the calling thread, more on the scan thread. */
function compare(
  { vectors, scanner }: OpenGraphIndex,
  query: Float32Array,
  { filter, signal, k: wanted }: VectorSearch,
  inlineMax: number,
): Promise<VectorHits> | VectorHits {
  signal?.throwIfAborted();
  const rows = filter?.matchCount ?? vectors.vectorCount;
  const k = Math.min(wanted, rows);
  if (k === 0) return { ordinals: new Uint32Array(), scores: new Float32Array(), exact: true };
  if (rows > inlineMax) return scanner.scan({ query, k, bits: filter?.bits }, signal);
  const hits = createTopHits(k);
  scanAllowed(vectors, query, filter?.bits ?? everyRow(rows), hits);
  return { ...hits.drain(), exact: true };
}

function everyRow(count: number): Uint32Array {
  return new Uint32Array(Math.ceil(count / 32)).fill(0xffff_ffff);
}

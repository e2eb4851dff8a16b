import type { VectorQuery } from "@lancedb/lancedb";
import { lanceColumns } from "../format/lance-columns.ts";
import type { LancePlan } from "../format/lance-plan.ts";
import type { LanceParameters } from "../index-parameters.ts";
import type { VectorHits, VectorPlan, VectorSearch } from "../vector-index.ts";
import type { CurveModel } from "./curve-model.ts";
import { lanceFetch } from "./lance-fetch.ts";
import type { LanceTable } from "./lance-table.ts";
import { milliseconds, planOf, planSearch, type SearchQuestion, type SearchRoute } from "./plan-search.ts";

// More rows than this come faster from one flat scan.
const indexedLimitMax = 4096;

interface OpenTableIndex extends LanceTable {
  plan: LancePlan;
  parameters: LanceParameters;
  vectorCount: number;
  curves: CurveModel;
}

/** Searches as planned, and compares all that match where the engine came back with too few. */
export async function searchTable(
  index: OpenTableIndex,
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> {
  const { vectorCount } = index;
  const question = questionOf(index, request);
  const route = planSearch(question);
  const plan = planOf(route);
  const compare = async (comparing: VectorPlan): Promise<VectorHits> => {
    return { ...(await compareTable(index, query, request)), plan: comparing };
  };
  if (plan.path === "none" || plan.path === "exact") return compare(plan);
  const hits = await lanceFetch((limit) => indexedQuery(index, query, limit, route), request, {
    vectorCount,
    limitMax: rowsMax(index, route),
    where: pushedDown(index, request),
  });
  if (hits.ordinals.length >= Math.min(request.k, question.matchCount))
    return { ...hits, exact: false, plan };
  const next = planSearch({ ...question, structure: { kind: "flat" } });
  if (next.expectedMs > (request.msMax ?? Number.POSITIVE_INFINITY)) {
    const reason = `${plan.reason} Looking further would take about ${milliseconds(next.expectedMs)}.`;
    return { ...hits, exact: false, plan: { ...plan, reason } };
  }
  return compare(planOf(next));
}

function questionOf(
  { plan, parameters, vectorCount, curves }: OpenTableIndex,
  request: VectorSearch,
): SearchQuestion {
  const { k, filter, effort, msMax } = request;
  const matchCount = filter?.matchCount ?? vectorCount;
  const path = plan.kind === "ivf_hnsw_sq" ? "graph" : "ivf";
  return {
    curves,
    vectorCount,
    matchCount,
    k,
    head: Math.max(1, Math.min(request.head ?? k, k, matchCount)),
    effort: effort ?? (path === "graph" ? parameters.expansionSearch : plan.probes),
    asked: effort !== undefined,
    filtered: filter !== undefined,
    structure: plan.kind === "flat" ? { kind: "flat" } : { kind: "table", path, rowsMax: indexedLimitMax },
    msMax,
  };
}

/** The engine explores as many candidates as rows are asked for, times the refining, so a hurried search asks for few. */
function rowsMax({ plan, parameters }: OpenTableIndex, { effort, hurried }: SearchRoute): number {
  if (!hurried || plan.kind !== "ivf_hnsw_sq") return indexedLimitMax;
  return Math.max(1, Math.floor(effort / parameters.refineFactor));
}

function indexedQuery(
  { table, plan, parameters }: OpenTableIndex,
  query: Float32Array,
  limit: number,
  { effort, hurried }: SearchRoute,
): VectorQuery {
  const ask = table.query().nearestTo(query).column(lanceColumns.vector).distanceType("cosine");
  // Without refining, the distances would be those of the compressed vectors.
  ask.refineFactor(parameters.refineFactor);
  if (plan.kind === "ivf_hnsw_sq") {
    return ask.nprobes(plan.probes).ef(Math.max(effort, limit * parameters.refineFactor));
  }
  const probes = Math.min(effort, plan.partitions);
  // A filter may leave too few rows in the nearest lists: then, and only then, the others are read too.
  return ask.nprobes(probes).maximumNprobes(hurried ? probes : plan.partitions);
}

/** Compares every allowed row. */
export async function compareTable(
  index: LanceTable & { vectorCount: number },
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> {
  const { table, vectorCount } = index;
  const rows = Math.min(request.filter?.matchCount ?? vectorCount, vectorCount);
  if (rows === 0) return { ordinals: new Uint32Array(), scores: new Float32Array(), exact: true };
  const ask = () =>
    table.query().nearestTo(query).column(lanceColumns.vector).distanceType("cosine").bypassVectorIndex();
  const k = Math.min(request.k, rows);
  const bounds = { vectorCount, limitMax: vectorCount };
  const where = pushedDown(index, request);
  const hits = await lanceFetch(ask, { ...request, k }, { ...bounds, where });
  // Fewer rows than the filter counted: the engine reads the condition differently, so the bits alone must do.
  if (hits.ordinals.length < k && where !== undefined) {
    return { ...(await lanceFetch(ask, { ...request, k }, { ...bounds, where: undefined })), exact: true };
  }
  return { ...hits, exact: true };
}

function pushedDown({ hasMetadata }: LanceTable, { filter }: VectorSearch): string | undefined {
  return hasMetadata && filter !== undefined && filter.where !== "" ? filter.where : undefined;
}

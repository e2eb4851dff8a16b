import type { VectorQuery } from "@lancedb/lancedb";
import { lanceColumns } from "../format/lance-columns.ts";
import { type LancePlan, planLance } from "../format/lance-plan.ts";
import type { LanceParameters } from "../index-parameters.ts";
import type { VectorHits, VectorIndex, VectorSearch } from "../vector-index.ts";
import { checkSearch } from "./check-search.ts";
import { lanceFetch } from "./lance-fetch.ts";
import { type LanceTable, openLanceTable } from "./lance-table.ts";
import { fetchLanceVectors, readLanceBlocks } from "./read-lance-blocks.ts";
import { closedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

// A flat scan of this few rows costs less than the index's own fixed costs, and cannot miss.
const flatRowsMax = 2000;
// More rows than this come faster from one flat scan.
const indexedLimitMax = 4096;

/** Opens the table of the `lance` backend. All work happens on the engine's own threads. */
export async function openLanceIndex(
  location: VectorIndexLocation,
  parameters: LanceParameters,
): Promise<VectorIndex> {
  const kind = location.flat ? "flat" : parameters.kind;
  const plan = planLance({ ...parameters, kind }, location.dimension, location.vectorCount);
  let opened: LanceTable | undefined = await openLanceTable(location);
  const checked = (query: Float32Array, request: VectorSearch): LanceTable => {
    checkSearch(query, request, location);
    if (opened === undefined) throw closedIndex();
    return opened;
  };
  const { vectorCount, dimension } = location;
  return {
    backend: "lance",
    vectorCount,
    dimension,
    search: async (query, request) =>
      searchIndex({ ...checked(query, request), plan, parameters, vectorCount }, query, request),
    exact: async (query, request) => compareAll({ ...checked(query, request), vectorCount }, query, request),
    blocks: ({ signal } = {}) => readLanceBlocks(() => opened?.table, location, signal),
    async fetch(ordinals) {
      if (opened === undefined) throw closedIndex();
      return fetchLanceVectors(opened.table, location, Uint32Array.from(ordinals));
    },
    async close() {
      opened?.table.close();
      opened?.connection.close();
      opened = undefined;
    },
  };
}

async function searchIndex(
  index: LanceTable & { plan: LancePlan; parameters: LanceParameters; vectorCount: number },
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> {
  const { plan, vectorCount } = index;
  const rows = request.filter?.matchCount ?? vectorCount;
  if (plan.kind === "flat" || rows <= flatRowsMax || request.k > indexedLimitMax) {
    return compareAll(index, query, request);
  }
  const hits = await lanceFetch((limit) => indexedQuery(index, query, limit, request.effort), request, {
    vectorCount,
    limitMax: indexedLimitMax,
    where: pushedDown(index, request),
  });
  const enough = Math.min(request.k, rows);
  return hits.ordinals.length < enough ? compareAll(index, query, request) : { ...hits, exact: false };
}

function indexedQuery(
  { table, plan, parameters }: LanceTable & { plan: LancePlan; parameters: LanceParameters },
  query: Float32Array,
  limit: number,
  effort: number | undefined,
): VectorQuery {
  const ask = table.query().nearestTo(query).column(lanceColumns.vector).distanceType("cosine");
  // Without refining, the distances would be those of the compressed vectors.
  ask.refineFactor(parameters.refineFactor);
  if (plan.kind === "ivf_hnsw_sq") {
    return ask
      .nprobes(plan.probes)
      .ef(Math.max(effort ?? parameters.expansionSearch, limit * parameters.refineFactor));
  }
  const probes = Math.min(effort ?? plan.probes, plan.partitions);
  // A filter may leave too few rows in the nearest lists: then, and only then, the others are read too.
  return ask.nprobes(probes).maximumNprobes(plan.partitions);
}

async function compareAll(
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

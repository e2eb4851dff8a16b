import { planLance } from "../format/lance-plan.ts";
import type { LanceParameters } from "../index-parameters.ts";
import type { VectorIndex, VectorSearch } from "../vector-index.ts";
import { checkSearch } from "./check-search.ts";
import { modelCurves } from "./curve-model.ts";
import { type LanceTable, openLanceTable } from "./lance-table.ts";
import { fetchLanceVectors, readLanceBlocks } from "./read-lance-blocks.ts";
import { compareTable, searchTable } from "./search-table.ts";
import { closedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

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
  const curves = modelCurves(location.curves, { backend: "lance", dimension });
  return {
    backend: "lance",
    vectorCount,
    dimension,
    search: async (query, request) =>
      searchTable({ ...checked(query, request), plan, parameters, vectorCount, curves }, query, request),
    exact: async (query, request) =>
      compareTable({ ...checked(query, request), vectorCount }, query, request),
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

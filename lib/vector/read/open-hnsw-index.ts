import { join } from "node:path";
import { vectorFiles } from "../format/vector-files.ts";
import type { HnswParameters } from "../index-parameters.ts";
import type { VectorIndex, VectorSearch } from "../vector-index.ts";
import { checkSearch } from "./check-search.ts";
import { modelCurves } from "./curve-model.ts";
import type { Graph } from "./graph.ts";
import { openHnswlibGraph } from "./open-hnswlib-graph.ts";
import { openScanner } from "./open-scanner.ts";
import { openUsearchGraph } from "./open-usearch-graph.ts";
import { fetchVectors, readBlocks } from "./read-blocks.ts";
import { compareAll, type OpenGraphIndex, searchGraph } from "./search-graph.ts";
import { openVectorFile } from "./vector-file.ts";
import { closedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

/** Opens `vectors.parquet` and maps the graph. Scores always come from the stored vectors, never from the graph. */
export async function openHnswIndex(
  location: VectorIndexLocation,
  parameters: HnswParameters,
): Promise<VectorIndex> {
  const { folder, dimension, vectorCount } = location;
  const path = join(folder, vectorFiles.parquet);
  const vectors = openVectorFile(path, dimension, vectorCount);
  let graph: Graph | undefined;
  try {
    graph = vectorCount === 0 || location.flat ? undefined : await openGraph(location, parameters);
  } catch (error) {
    vectors.close();
    throw error;
  }
  let opened: OpenGraphIndex | undefined = {
    vectors,
    graph,
    scanner: openScanner({ path, dimension, vectorCount }),
    parameters,
    curves: modelCurves(location.curves, { backend: "hnsw", dimension }),
  };
  const checked = (query: Float32Array, request: VectorSearch): OpenGraphIndex => {
    checkSearch(query, request, location);
    if (opened === undefined) throw closedIndex();
    return opened;
  };
  return {
    backend: "hnsw",
    vectorCount,
    dimension,
    search: async (query, request) => searchGraph(checked(query, request), query, request),
    exact: async (query, request) => compareAll(checked(query, request), query, request),
    blocks: ({ signal } = {}) => readBlocks(() => opened?.vectors, signal),
    async fetch(ordinals) {
      if (opened === undefined) throw closedIndex();
      return fetchVectors(opened.vectors, ordinals);
    },
    async close() {
      const closing = opened;
      opened = undefined;
      await closing?.scanner.close();
      closing?.vectors.close();
    },
  };
}

function openGraph({ folder, dimension, vectorCount }: VectorIndexLocation, parameters: HnswParameters) {
  const path = join(folder, vectorFiles.graph[parameters.engine]);
  return parameters.engine === "usearch"
    ? openUsearchGraph(path, parameters, dimension, vectorCount)
    : openHnswlibGraph(path, dimension, vectorCount);
}

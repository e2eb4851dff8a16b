import { join } from "node:path";
import { cosineSimilarity, euclideanNorm } from "../format/cosine-similarity.ts";
import { isAllowed } from "../format/is-allowed.ts";
import { createTopHits } from "../format/top-hits.ts";
import { vectorFiles } from "../format/vector-files.ts";
import type { HnswParameters } from "../index-parameters.ts";
import type { VectorHits, VectorIndex, VectorSearch } from "../vector-index.ts";
import { checkSearch } from "./check-search.ts";
import type { Graph } from "./graph.ts";
import { openHnswlibGraph } from "./open-hnswlib-graph.ts";
import { openScanner, type Scanner } from "./open-scanner.ts";
import { openUsearchGraph } from "./open-usearch-graph.ts";
import { candidatesMax, planFilteredSearch } from "./plan-filtered-search.ts";
import { fetchVectors, readBlocks } from "./read-blocks.ts";
import { scanAllowed } from "./scan-allowed.ts";
import { openVectorFile, type VectorFile } from "./vector-file.ts";
import { closedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

// About 3 ms of reading and comparing; more is handed to the scan thread.
const inlineValuesMax = 1_500_000;

interface Opened {
  vectors: VectorFile;
  graph: Graph | undefined;
  scanner: Scanner;
  parameters: HnswParameters;
}

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
  let opened: Opened | undefined = {
    vectors,
    graph,
    scanner: openScanner({ path, dimension, vectorCount }),
    parameters,
  };
  const checked = (query: Float32Array, request: VectorSearch): Opened => {
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

/** How many of the graph's candidates are compared exactly: a quantised order needs room to be put right. */
function rerankCount(k: number, { engine, quantization }: HnswParameters): number {
  return engine === "hnswlib" || quantization === "f32" ? k : Math.max(30, 3 * k);
}

function searchGraph(
  opened: Opened,
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> | VectorHits {
  request.signal?.throwIfAborted();
  const { graph, vectors, parameters } = opened;
  const { vectorCount } = vectors;
  const effort = Math.min(request.effort ?? parameters.expansionSearch, candidatesMax, vectorCount);
  const need = rerankCount(request.k, parameters);
  const matchCount = request.filter?.matchCount ?? vectorCount;
  const plan =
    request.filter === undefined
      ? { exact: need > candidatesMax, wanted: Math.min(Math.max(effort, need), vectorCount) }
      : planFilteredSearch({ vectorCount, matchCount, need, effort });
  if (graph === undefined || plan.exact || !("wanted" in plan)) return compareAll(opened, query, request);

  const enough = Math.min(request.k, matchCount);
  for (let wanted = plan.wanted; ; wanted = Math.min(wanted * 4, candidatesMax, vectorCount)) {
    const kept = keepAllowed(graph.candidates(query, wanted), request.filter?.bits, need);
    if (kept.length >= enough) return rerank(vectors, query, kept, request.k);
    if (wanted >= Math.min(candidatesMax, vectorCount)) return compareAll(opened, query, request);
  }
}

function keepAllowed(candidates: ArrayLike<number>, bits: Uint32Array | undefined, most: number): number[] {
  const kept: number[] = [];
  for (let index = 0; index < candidates.length && kept.length < most; index++) {
    const ordinal = candidates[index]!;
    if (bits === undefined || isAllowed(bits, ordinal)) kept.push(ordinal);
  }
  return kept;
}

function rerank(
  vectors: VectorFile,
  query: Float32Array,
  ordinals: readonly number[],
  k: number,
): VectorHits {
  const hits = createTopHits(Math.min(k, ordinals.length));
  const norm = euclideanNorm(query);
  const vector = new Float32Array(vectors.dimension);
  for (const ordinal of ordinals) {
    vectors.readRun(ordinal, 1, vector, 0);
    hits.offer(ordinal, cosineSimilarity(query, norm, vector, 0));
  }
  return { ...hits.drain(), exact: false };
}

function compareAll(
  opened: Opened,
  query: Float32Array,
  request: VectorSearch,
): Promise<VectorHits> | VectorHits {
  const { vectors, scanner } = opened;
  const { filter, signal } = request;
  signal?.throwIfAborted();
  const rows = filter?.matchCount ?? vectors.vectorCount;
  const k = Math.min(request.k, rows);
  if (k === 0) return { ordinals: new Uint32Array(), scores: new Float32Array(), exact: true };
  if (filter === undefined || rows * vectors.dimension > inlineValuesMax) {
    return scanner.scan({ query, k, bits: filter?.bits }, signal);
  }
  const hits = createTopHits(k);
  scanAllowed(vectors, query, filter.bits, hits);
  return { ...hits.drain(), exact: true };
}

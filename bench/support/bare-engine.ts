import path from "node:path";
import { cosineSimilarity, euclideanNorm } from "@lakefleet/lib/vector/format/cosine-similarity.ts";
import { createTopHits } from "@lakefleet/lib/vector/format/top-hits.ts";
import { usearchConfig } from "@lakefleet/lib/vector/format/usearch-settings.ts";
import { vectorFiles } from "@lakefleet/lib/vector/format/vector-files.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import * as usearch from "usearch";

/**
 * The engine's own search over a generation's graph file, and the exact rerank over vectors in memory, with nothing
 * around them: what a program with the vectors in its hands would call.
 */
export function openBareEngine(options: { folder: string; vectors: Float32Array; dimension: number }) {
  const { folder, vectors, dimension } = options;
  const parameters = IndexParameters.parse({ backend: "hnsw" });
  if (parameters.backend !== "hnsw") throw new Error("the backend was given");
  const index = new usearch.Index(usearchConfig(usearch, parameters, dimension));
  index.view(path.join(folder, vectorFiles.graph.usearch));
  return (query: Float32Array, k: number): Uint32Array => {
    const { keys } = index.search(query, parameters.expansionSearch, 1);
    const norm = euclideanNorm(query);
    const hits = createTopHits(k);
    // As many as Lakefleet compares exactly.
    for (const key of keys.subarray(0, Math.max(30, 3 * k))) {
      const ordinal = Number(key);
      hits.offer(ordinal, cosineSimilarity(query, norm, vectors, ordinal * dimension));
    }
    return hits.drain().ordinals;
  };
}

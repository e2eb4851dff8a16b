import type { IndexParameters } from "../index-parameters.ts";
import type { VectorIndex } from "../vector-index.ts";
import { openHnswIndex } from "./open-hnsw-index.ts";
import { openLanceIndex } from "./open-lance-index.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

/**
 * Opens what `buildVectorIndex` wrote. The caller has verified the files' checksums; a file that is missing, cut short
 * or of another shape gives `vector-index-damaged`, an engine that is not installed `engine-unavailable`.
 */
export function openVectorIndex(
  location: VectorIndexLocation & { parameters: IndexParameters },
): Promise<VectorIndex> {
  const { parameters } = location;
  return parameters.backend === "hnsw"
    ? openHnswIndex(location, parameters)
    : openLanceIndex(location, parameters);
}

import { usearchConfig } from "../format/usearch-settings.ts";
import type { HnswParameters } from "../index-parameters.ts";
import { checkUsearchFile } from "./check-usearch-file.ts";
import type { Graph } from "./graph.ts";

/** Maps a usearch file into memory, after checking its structure. The mapping goes when the graph is collected. */
export async function openUsearchGraph(
  path: string,
  parameters: HnswParameters,
  dimension: number,
  vectorCount: number,
): Promise<Graph> {
  await checkUsearchFile(path, parameters, dimension, vectorCount);
  const usearch = await import("usearch");
  const index = new usearch.Index(usearchConfig(usearch, parameters, dimension));
  index.view(path);
  return {
    candidates(query, wanted) {
      const { keys } = index.search(query, wanted, 1);
      // Ordinals fit into the lower halves of the keys; turning each big integer into a number takes longer than all.
      return new Uint32Array(keys.buffer, keys.byteOffset, 2 * keys.length).filter(
        (_, half) => half % 2 === 0,
      );
    },
  };
}

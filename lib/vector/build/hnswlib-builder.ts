import { loadHnswlib } from "../format/load-hnswlib.ts";
import type { HnswParameters } from "../index-parameters.ts";
import type { GraphBuilder } from "./graph-builder.ts";

// Any fixed seed makes the levels, and so the graph, the same in every build.
const levelSeed = 100;

/** An hnswlib graph: one thread, always full f32 whatever the parameters say of quantization. */
export async function createHnswlibBuilder(
  parameters: HnswParameters,
  dimension: number,
  vectorCount: number,
): Promise<GraphBuilder> {
  const { HierarchicalNSW } = await loadHnswlib();
  const index = new HierarchicalNSW("cosine", dimension);
  index.initIndex(vectorCount, parameters.connectivity, parameters.expansionBuild, levelSeed);
  return {
    add(vectors, firstOrdinal) {
      for (let row = 0; row * dimension < vectors.length; row++) {
        index.addPoint(
          Array.from(vectors.subarray(row * dimension, (row + 1) * dimension)),
          firstOrdinal + row,
        );
      }
    },
    save: (path) => index.writeIndexSync(path),
  };
}

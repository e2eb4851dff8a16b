import { usearchConfig } from "../format/usearch-settings.ts";
import type { HnswParameters } from "../index-parameters.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** A usearch graph filled by `threads` threads; with more than one, two builds of the same vectors may differ. */
export async function createUsearchBuilder(
  parameters: HnswParameters,
  dimension: number,
  threads: number,
): Promise<GraphBuilder> {
  const usearch = await import("usearch");
  const index = new usearch.Index(usearchConfig(usearch, parameters, dimension));
  return {
    add(vectors, firstOrdinal) {
      const keys = new BigUint64Array(vectors.length / dimension);
      for (let row = 0; row < keys.length; row++) keys[row] = BigInt(firstOrdinal + row);
      index.add(keys, vectors, threads);
    },
    save: (path) => index.save(path),
  };
}

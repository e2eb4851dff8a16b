import type { IndexParameters } from "../index-parameters.ts";

/**
 * The power of the number of vectors with which the time of one build grows, for telling the time that is left. Of a
 * graph it is a measurement (1.2 to 1.4 for 100,000 vectors of 768 values, usearch), not a law: each insertion walks a
 * larger graph, and finds less of it in the processor's caches.
 */
export function buildGrowth({ backend }: IndexParameters): number {
  return backend === "hnsw" ? 1.3 : 1;
}

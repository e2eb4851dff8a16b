import { buildHnswIndex } from "./build-hnsw-index.ts";
import { wrongVectorCount } from "./check-block.ts";
import type { VectorIndexBuild } from "./vector-index-build.ts";

/**
 * Builds the files of one vector index into `folder`, unsynced. Blocks its thread for up to half a second at a time, so
 * it runs in a worker thread. Invalid vectors give `vector-value` or `vector-dimension`, a wrong total `vector-count`;
 * an aborted signal rejects with the signal's reason and leaves partial files behind.
 */
export async function buildVectorIndex(build: VectorIndexBuild): Promise<void> {
  const done = await buildBackend(build);
  if (done !== build.vectorCount) throw wrongVectorCount(build.vectorCount, done);
}

/** Lance and Arrow take a quarter of a second to load, longer than a small graph takes to be built. */
async function buildBackend(build: VectorIndexBuild): Promise<number> {
  const { parameters } = build;
  if (parameters.backend === "hnsw") return buildHnswIndex(build, parameters);
  const { buildLanceIndex } = await import("./build-lance-index.ts");
  return buildLanceIndex(build, parameters);
}

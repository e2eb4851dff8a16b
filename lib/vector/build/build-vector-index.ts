import { buildHnswIndex } from "./build-hnsw-index.ts";
import { buildLanceIndex } from "./build-lance-index.ts";
import { wrongVectorCount } from "./check-block.ts";
import type { VectorIndexBuild } from "./vector-index-build.ts";

/**
 * Builds the files of one vector index into `folder`, unsynced. Blocks its thread for up to half a second at a time, so
 * it runs in a worker thread. Invalid vectors give `vector-value` or `vector-dimension`, a wrong total `vector-count`;
 * an aborted signal rejects with the signal's reason and leaves partial files behind.
 */
export async function buildVectorIndex(build: VectorIndexBuild): Promise<void> {
  const { parameters } = build;
  const done =
    parameters.backend === "hnsw"
      ? await buildHnswIndex(build, parameters)
      : await buildLanceIndex(build, parameters);
  if (done !== build.vectorCount) throw wrongVectorCount(build.vectorCount, done);
}

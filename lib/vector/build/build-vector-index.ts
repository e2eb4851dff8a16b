import type { MetadataColumn, VectorBlock } from "../format/vector-block.ts";
import type { IndexParameters } from "../index-parameters.ts";
import { buildHnswIndex } from "./build-hnsw-index.ts";
import { buildLanceIndex } from "./build-lance-index.ts";
import { wrongVectorCount } from "./check-block.ts";

export interface VectorIndexBuild {
  /** An existing, empty folder. */
  folder: string;
  parameters: IndexParameters;
  dimension: number;
  /** Must be what the blocks add up to. */
  vectorCount: number;
  blocks: AsyncIterable<VectorBlock>;
  /** Stored beside the vectors by `lance`, so that `RowFilter.where` is evaluated inside the engine. */
  metadataColumns?: readonly MetadataColumn[] | undefined;
  /** Threads that insert into a usearch graph; the other engines choose for themselves. */
  threads: number;
  progress?: ((progress: { done: number; total: number; unit: "vectors" }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

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

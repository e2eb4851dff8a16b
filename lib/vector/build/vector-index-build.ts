import type { MetadataColumn, VectorBlock } from "../format/vector-block.ts";
import type { IndexParameters } from "../index-parameters.ts";

export interface VectorIndexBuild {
  /** An existing, empty folder. */
  folder: string;
  parameters: IndexParameters;
  dimension: number;
  /** Must be what the blocks add up to. */
  vectorCount: number;
  /** Store the vectors alone: so few are compared sooner than any structure over them is built. */
  flat?: boolean | undefined;
  blocks: AsyncIterable<VectorBlock>;
  /** Stored beside the vectors by `lance`, so that `RowFilter.where` is evaluated inside the engine. */
  metadataColumns?: readonly MetadataColumn[] | undefined;
  /** Threads that insert into a usearch graph; the other engines choose for themselves. */
  threads: number;
  progress?:
    | ((progress: { done: number; total: number; unit: "vectors"; growth?: number }) => void)
    | undefined;
  signal?: AbortSignal | undefined;
}

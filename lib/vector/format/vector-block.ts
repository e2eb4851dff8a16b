/** Consecutive vectors of a generation, in ordinal order, on their way into a build. */
export interface VectorBlock {
  /** Whole vectors back to back. */
  vectors: Float32Array;
  /** One array per metadata column, each as long as the block has vectors. Only the `lance` backend stores them. */
  metadata?: Record<string, unknown[]> | undefined;
}

/** A column that `RowFilter.where` may name. */
export interface MetadataColumn {
  name: string;
  /** The dataset's column type; what is neither number, boolean nor time is stored as text. */
  type: string;
  /** Its values are mostly different, so it gets a B-tree however few there are. */
  unique?: boolean | undefined;
}

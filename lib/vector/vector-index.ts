/** Rows a search may return: bit `ordinal & 31` of word `ordinal >>> 5` is set where the row matches. */
export interface RowFilter {
  bits: Uint32Array;
  matchCount: number;
  /** The same condition in SQL that SQLite and DataFusion both read, over the generation's metadata columns. */
  where: string;
}

export interface VectorHits {
  /** Positions in the generation, from 0; they are the keys of every structure in it. Best first. */
  ordinals: Uint32Array;
  /** Cosine similarity in [-1, 1]. */
  scores: Float32Array;
  /** True where every allowed row was compared, so that fewer than `k` hits means that no more exist. */
  exact: boolean;
  /** How `search` came to the answer; the time is what was expected of the path that gave it. */
  plan?: VectorPlan | undefined;
}

export interface VectorPlan {
  path: "none" | "exact" | "graph" | "ivf";
  /** Why this path, in a sentence. */
  reason: string;
  expectedMs: number;
}

/** Consecutive vectors back to back, the first of which is that of `firstOrdinal`. */
export interface StoredVectors {
  firstOrdinal: number;
  vectors: Float32Array<ArrayBuffer>;
}

export interface VectorSearch {
  k: number;
  /** How many candidates the engine explores (`ef` of a graph, `nprobes` of an inverted file). Default: the manifest's. */
  effort?: number | undefined;
  filter?: RowFilter | undefined;
  /** How many of the `k` must be found as surely as the index promises; the rest may be less sure. Default: all. */
  head?: number | undefined;
  /** The cheapest try is always made; none after it that would take longer than this. Fewer hits than match may come. */
  msMax?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** An opened, read-only vector index of one generation. Both backends pass one conformance suite. */
export interface VectorIndex {
  readonly backend: VectorBackend;
  readonly vectorCount: number;
  readonly dimension: number;
  search(query: Float32Array, search: VectorSearch): Promise<VectorHits>;
  /** Compares every allowed vector; the ground truth, and the right path for narrow filters. */
  exact(query: Float32Array, search: VectorSearch): Promise<VectorHits>;
  /** Every stored vector, in the order of their ordinals; a block is the reader's own and holds a few MiB. */
  blocks(options?: { signal?: AbortSignal | undefined }): AsyncGenerator<StoredVectors, void, undefined>;
  /** The vectors of these ordinals back to back, in the order asked for. */
  fetch(ordinals: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export type VectorBackend = "hnsw" | "lance";

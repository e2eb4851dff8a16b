/** One graph engine while it is filled. Calls are synchronous and long: for worker threads. */
export interface GraphBuilder {
  /** Vectors of the ordinals from `firstOrdinal` on. */
  add(vectors: Float32Array, firstOrdinal: number): void;
  save(path: string): void;
}

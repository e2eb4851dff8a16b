/** One graph engine while it is filled. Calls are synchronous and long: for worker threads. */
export interface GraphBuilder {
  /** Vectors of the ordinals from `firstOrdinal` on. */
  add(vectors: Float32Array, firstOrdinal: number): void;
  save(path: string): void;
}

/** The same where the engine has a thread of its own. One call at a time. */
export interface GraphThread {
  add(vectors: Float32Array, firstOrdinal: number): Promise<void>;
  save(path: string): Promise<void>;
  /** Ends the thread, whatever it is doing. */
  close(): Promise<void>;
}

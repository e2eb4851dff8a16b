/** One way to turn texts into vectors. All providers pass one conformance suite. */
export interface EmbeddingProvider {
  /** Name and revision, `hash-768@1`: two providers with one id give the same vector for the same text, for ever. */
  readonly embedderId: string;
  readonly dimension: number;
  /** The longest text in UTF-16 units that is embedded whole. */
  readonly lengthMax: number;
  /**
   * One vector per text, in order, `texts.length × dimension` values back to back, each vector of Euclidean length 1.
   * A text without any feature (empty, or only punctuation) gives the zero vector, which callers refuse to store.
   */
  embedBatch(texts: readonly string[], options?: { signal?: AbortSignal | undefined }): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What one call took; a price of 0 where the provider has none. */
export interface EmbeddingUsage {
  /** As the server counted them; undefined where it does not count. */
  tokens: number | undefined;
  costUsd: number;
}

/** What several calls took together. */
export interface UsageSum {
  tokens: number;
  costUsd: number;
}

export function addUsage(sum: UsageSum, { tokens = 0, costUsd }: EmbeddingUsage): void {
  sum.tokens += tokens;
  sum.costUsd += costUsd;
}

export interface EmbedBatchOptions {
  signal?: AbortSignal | undefined;
  /** Many models are asked for a query in other words than for what it shall find. `document` by default. */
  purpose?: "document" | "query" | undefined;
  /** Told after each call that was answered, also where a later one fails. */
  onUsage?: ((usage: EmbeddingUsage) => void) | undefined;
}

/** What callers must know of a provider whose vectors are made by a model on a server or in a child. */
export interface ModelServing {
  /** The texts of one `embedBatch` go out in one call if they keep to these. */
  textsPerCall: number;
  tokensPerCall: number;
  /** Calls that make sense at a time. */
  concurrency: number;
  /** What goes in front of every document. */
  documentPrefix: string;
  /**
   * Tokens that are read of one text, found by asking once: no more than is configured, and less where the server cuts
   * a text of known length sooner. `counted` is false where it does not say how many it has read.
   */
  tokensRead(
    options?: Pick<EmbedBatchOptions, "signal" | "onUsage">,
  ): Promise<{ tokens: number; counted: boolean }>;
  /** What the server says it serves under the model's name now, where it says that at all. */
  digest(signal?: AbortSignal): Promise<string | undefined>;
}

/** One way to turn texts into vectors. All providers pass one conformance suite. */
export interface EmbeddingProvider {
  /** Name and revision, `hash-768@1`: two providers with one id give the same vector for the same text, for ever. */
  readonly embedderId: string;
  readonly dimension: number;
  /** The longest text in UTF-16 units that is embedded whole. */
  readonly lengthMax: number;
  /** Absent where it is arithmetic of this process, which neither fails nor costs. */
  readonly serving?: ModelServing | undefined;
  /**
   * One vector per text, in order, `texts.length × dimension` values back to back, each vector of Euclidean length 1.
   * A text without any feature (empty, or only punctuation) gives the zero vector, which callers refuse to store; a
   * provider with a model refuses an empty text instead, and never gives a zero vector.
   */
  embedBatch(texts: readonly string[], options?: EmbedBatchOptions): Promise<Float32Array>;
  close(): Promise<void>;
}

import { DomainError } from "../errors/domain-error.ts";
import { assertLive } from "./assert-live.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { createHashEmbedder, hashDimension, hashEmbedderId, hashLengthMax } from "./hash-embedder.ts";
import { createHashPool } from "./hash-pool.ts";
import { settleAll } from "./settle-all.ts";

/** Texts handed to a thread at a time: about 5 ms of work, so that an abort is soon felt and threads end together. */
const sliceSize = 512;

/** So much text takes the calling thread some 10 ms, which is a tenth of what it takes to start another. */
const inlineLengthMax = 64_000;

/**
 * The built-in provider `hash-768@1` on threads of its own, started with the first large batch and kept until `close`.
 * It is lexical, not semantic; see `createHashEmbedder`. A thread that dies fails its batch with `unavailable`,
 * `embedder-crashed`, and the next batch finds a new thread in its place.
 */
export function createHashProvider({ threads }: { threads: number }): EmbeddingProvider {
  const pool = createHashPool(threads);
  const inline = createInlineHashProvider();
  let closed = false;
  return {
    embedderId: hashEmbedderId,
    dimension: hashDimension,
    lengthMax: hashLengthMax,
    async embedBatch(texts, options = {}) {
      if (closed) throw closedError();
      const { signal } = options;
      const length = texts.reduce((sum, text) => sum + text.length, 0);
      if (length <= inlineLengthMax) return inline.embedBatch(texts, options);
      const vectors = new Float32Array(texts.length * hashDimension);
      let next = 0;
      // As many lines as threads, each taking the next slice: a few long texts hold up one thread only.
      const work = async () => {
        while (next < texts.length) {
          assertLive(signal);
          const first = next;
          next += sliceSize;
          vectors.set(await pool.embed(texts.slice(first, first + sliceSize)), first * hashDimension);
        }
      };
      await settleAll(Array.from({ length: Math.min(threads, Math.ceil(texts.length / sliceSize)) }, work));
      return vectors;
    },
    async close() {
      closed = true;
      await pool.close();
    },
  };
}

/** `hash-768@1` on the calling thread: 10 µs for a query, where a thread's answer would take 100. Not for batches. */
export function createInlineHashProvider(): EmbeddingProvider {
  const embedder = createHashEmbedder();
  let closed = false;
  return {
    embedderId: hashEmbedderId,
    dimension: hashDimension,
    lengthMax: hashLengthMax,
    async embedBatch(texts, options = {}) {
      if (closed) throw closedError();
      assertLive(options.signal);
      const vectors = new Float32Array(texts.length * hashDimension);
      for (const [index, text] of texts.entries()) embedder.embedInto(text, vectors, index * hashDimension);
      return vectors;
    },
    async close() {
      closed = true;
    },
  };
}

function closedError(): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "embedder-closed",
    message: "The embedding provider is closed.",
  });
}

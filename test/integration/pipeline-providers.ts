import type { EmbeddingProvider } from "../../lib/embedding/embedding-provider.ts";
import { createInlineHashProvider } from "../../lib/embedding/hash-provider.ts";

/** The built-in embedder, with every text that it was asked for. */
export function countingProvider(): EmbeddingProvider & { asked: string[] } {
  const inside = createInlineHashProvider();
  const asked: string[] = [];
  return {
    ...inside,
    asked,
    embedBatch(texts, options) {
      asked.push(...texts);
      return inside.embedBatch(texts, options);
    },
  };
}

/** A provider whose answer the test makes up. */
export function madeUpProvider(options: {
  embedderId?: string;
  dimension?: number;
  lengthMax?: number;
  answer: (texts: readonly string[]) => number[];
}): EmbeddingProvider {
  return {
    embedderId: options.embedderId ?? "made-up@1",
    dimension: options.dimension ?? 2,
    lengthMax: options.lengthMax ?? 1_000,
    embedBatch: async (texts) => Float32Array.from(options.answer(texts)),
    close: async () => undefined,
  };
}

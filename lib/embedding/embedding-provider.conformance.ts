import { describe, expect, test } from "vitest";
import type { EmbeddingProvider } from "./embedding-provider.ts";

const texts = [
  "The quick brown fox jumps over the lazy dog.",
  "Vectors of equal texts are equal.",
  "Ein Text mit Umlauten: Äpfel, Öl, Übermut.",
  "今日は晴れです。",
];

/** What every embedding provider must do, whatever is behind it. */
export function embeddingProviderConformance(name: string, open: () => EmbeddingProvider): void {
  describe(`${name} as an embedding provider`, () => {
    test("one unit vector of the stated dimension for each text", async () => {
      await using opened = closing(open());
      const vectors = await opened.provider.embedBatch(texts);
      expect(vectors.length).toBe(texts.length * opened.provider.dimension);
      for (const vector of split(vectors, opened.provider.dimension)) {
        expect(Math.abs(Math.hypot(...vector) - 1)).toBeLessThan(1e-5);
      }
    });

    test("no text gives no vector", async () => {
      await using opened = closing(open());
      expect((await opened.provider.embedBatch([])).length).toBe(0);
    });

    test("vectors stand in the order of their texts, whatever the batch", async () => {
      await using opened = closing(open());
      const { provider } = opened;
      const many = Array.from(
        { length: 1_500 },
        (_, index) => `${texts[index % texts.length]} number ${index}`,
      );
      const together = split(await provider.embedBatch(many), provider.dimension);
      for (const index of [0, 1, 511, 512, 1_024, 1_499]) {
        expect(together[index]).toEqual(await provider.embedBatch([many[index] ?? ""]));
      }
    });

    test("batches at the same time do not mix", async () => {
      await using opened = closing(open());
      const { provider } = opened;
      const [first, second] = await Promise.all([
        provider.embedBatch(texts),
        provider.embedBatch([...texts].reverse()),
      ]);
      expect(split(first, provider.dimension)).toEqual(split(second, provider.dimension).reverse());
    });

    test("a text without any feature gives the zero vector", async () => {
      await using opened = closing(open());
      const vectors = await opened.provider.embedBatch(["", " \n", "?!... --- \u{1f600}"]);
      expect(vectors.every((value) => value === 0)).toBe(true);
    });

    test("a lone surrogate and control characters are embedded like any text", async () => {
      await using opened = closing(open());
      const vectors = await opened.provider.embedBatch(["a\ud83d b\u0000c \udc00"]);
      expect(vectors.every(Number.isFinite)).toBe(true);
    });

    test("an aborted signal ends in cancelled", async () => {
      await using opened = closing(open());
      const embedding = opened.provider.embedBatch(texts, { signal: AbortSignal.abort() });
      await expect(embedding).rejects.toMatchObject({ kind: "cancelled" });
    });

    test("closing twice is no error, and a closed provider says so", async () => {
      const provider = open();
      await provider.embedBatch(["one"]);
      await provider.close();
      await provider.close();
      await expect(provider.embedBatch(["two"])).rejects.toMatchObject({ type: "embedder-closed" });
    });
  });
}

function closing(provider: EmbeddingProvider) {
  return { provider, [Symbol.asyncDispose]: () => provider.close() };
}

function split(vectors: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: vectors.length / dimension }, (_, index) =>
    vectors.slice(index * dimension, (index + 1) * dimension),
  );
}

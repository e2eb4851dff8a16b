import { describe, expect, test } from "vitest";
import type { EmbeddingProvider, EmbeddingUsage } from "./embedding-provider.ts";

const texts = [
  "The quick brown fox jumps over the lazy dog.",
  "Vectors of equal texts are equal.",
  "Ein Text mit Umlauten: Äpfel, Öl, Übermut.",
  "今日は晴れです。",
];

type Open = () => EmbeddingProvider | Promise<EmbeddingProvider>;

/** What every embedding provider must do, whatever is behind it. */
export function embeddingProviderConformance(name: string, open: Open): void {
  describe(`${name} as an embedding provider`, () => {
    test("one unit vector of the stated dimension for each text", async () => {
      await using opened = closing(await open());
      const vectors = await opened.provider.embedBatch(texts);
      expect(vectors.length).toBe(texts.length * opened.provider.dimension);
      for (const vector of split(vectors, opened.provider.dimension)) {
        expect(Math.abs(Math.hypot(...vector) - 1)).toBeLessThan(1e-5);
      }
    });

    test("no text gives no vector", async () => {
      await using opened = closing(await open());
      expect((await opened.provider.embedBatch([])).length).toBe(0);
    });

    test("vectors stand in the order of their texts, whatever the batch", async () => {
      await using opened = closing(await open());
      const { provider } = opened;
      const many = Array.from(
        { length: 1_500 },
        (_, index) => `${texts[index % texts.length]} number ${index}`,
      );
      const together = split(await provider.embedBatch(many), provider.dimension);
      for (const index of [0, 1, 511, 512, 1_024, 1_499]) {
        expectSame(together[index], await provider.embedBatch([many[index] ?? ""]));
      }
    });

    test("batches at the same time do not mix", async () => {
      await using opened = closing(await open());
      const { provider } = opened;
      const [first, second] = await Promise.all([
        provider.embedBatch(texts),
        provider.embedBatch([...texts].reverse()),
      ]);
      const backwards = split(second, provider.dimension).reverse();
      for (const [place, vector] of split(first, provider.dimension).entries())
        expectSame(vector, backwards[place]);
    });

    test("a lone surrogate and control characters are embedded like any text", async () => {
      await using opened = closing(await open());
      const vectors = await opened.provider.embedBatch(["a\ud83d b\u0000c \udc00"]);
      expect(vectors.every(Number.isFinite)).toBe(true);
    });

    test("an aborted signal ends in cancelled", async () => {
      await using opened = closing(await open());
      const embedding = opened.provider.embedBatch(texts, { signal: AbortSignal.abort() });
      await expect(embedding).rejects.toMatchObject({ kind: "cancelled" });
    });

    test("closing twice is no error, and a closed provider says so", async () => {
      const provider = await open();
      await provider.embedBatch(["one"]);
      await provider.close();
      await provider.close();
      await expect(provider.embedBatch(["two"])).rejects.toMatchObject({ type: "embedder-closed" });
    });
  });
}

/** What a provider must do beside that which computes its vectors here, without a model. */
export function plainProviderConformance(name: string, open: Open): void {
  describe(`${name} without a model`, () => {
    test("a text without any feature gives the zero vector", async () => {
      await using opened = closing(await open());
      const vectors = await opened.provider.embedBatch(["", " \n", "?!... --- \u{1f600}"]);
      expect(vectors.every((value) => value === 0)).toBe(true);
    });
  });
}

/** What a provider must do beside that whose vectors a model makes. */
export function modelProviderConformance(name: string, open: Open): void {
  describe(`${name} with a model`, () => {
    test("an empty text is refused, never answered with a zero vector", async () => {
      await using opened = closing(await open());
      const embedding = opened.provider.embedBatch(["full", " \n"]);
      await expect(embedding).rejects.toMatchObject({ kind: "invalid", type: "text-empty" });
    });

    test("each call tells the tokens that were read", async () => {
      await using opened = closing(await open());
      const usage: EmbeddingUsage[] = [];
      await opened.provider.embedBatch(texts, { onUsage: (used) => usage.push(used) });
      const tokens = usage.reduce((sum, used) => sum + (used.tokens ?? 0), 0);
      expect(tokens).toBeGreaterThan(texts.length);
    });

    test("a query and a document of one text differ where the model wants other words for them", async () => {
      await using opened = closing(await open());
      const { provider } = opened;
      const document = await provider.embedBatch(["one text"], { purpose: "document" });
      expectSame(document, await provider.embedBatch(["one text"]));
      expect(await provider.embedBatch(["one text"], { purpose: "query" })).not.toEqual(document);
    });

    test("it tells how much of a text is read, and what builds it serves where it can", async () => {
      await using opened = closing(await open());
      const read = await opened.provider.serving?.tokensRead();
      expect(read?.tokens).toBeGreaterThan(0);
      const digest = await opened.provider.serving?.digest();
      expect(digest === undefined || digest.length > 0).toBe(true);
    });
  });
}

function closing(provider: EmbeddingProvider) {
  return { provider, [Symbol.asyncDispose]: () => provider.close() };
}

/** Batches of another size may round otherwise. */
function expectSame(one: Float32Array | undefined, other: Float32Array | undefined): void {
  if (one === undefined || other?.length !== one.length) throw new Error("there is no vector to compare");
  const product = one.reduce((sum, value, place) => sum + value * other[place]!, 0);
  expect(product).toBeGreaterThan(0.9999);
}

function split(vectors: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: vectors.length / dimension }, (_, index) =>
    vectors.slice(index * dimension, (index + 1) * dimension),
  );
}

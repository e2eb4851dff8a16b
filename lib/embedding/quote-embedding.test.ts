import { describe, expect, test } from "vitest";
import { quoteEmbedding } from "./quote-embedding.ts";

const terms = { usdPerMillionTokens: 0.02, textsPerCall: 64, tokensPerCall: 8_192 };
const texts = { rows: 100, rowsRead: 100, chunks: 300, distinct: 200, cached: 50, tokens: 30_000 };

describe("quoteEmbedding", () => {
  test("charges only what is neither a duplicate nor cached", () => {
    expect(quoteEmbedding(texts, terms)).toEqual({
      rows: 100,
      exact: true,
      chunks: 300,
      duplicates: 100,
      cached: 50,
      toEmbed: 150,
      tokens: 30_000,
      calls: 4,
      costUsd: 0.0006,
      secondsMin: undefined,
    });
  });

  test("takes the rows that were not read to be like those that were, and says so", () => {
    const quote = quoteEmbedding({ ...texts, rows: 1_000 }, terms);
    expect(quote).toMatchObject({ exact: false, chunks: 3_000, toEmbed: 1_500, tokens: 300_000 });
  });

  test("takes as long as the tighter limit, and the first minute's worth goes at once", () => {
    expect(quoteEmbedding(texts, { ...terms, requestsPerMinute: 1 }).secondsMin).toBe(180);
    expect(quoteEmbedding(texts, { ...terms, requestsPerMinute: 1, tokensPerMinute: 5_000 }).secondsMin).toBe(
      300,
    );
  });

  test("an empty dataset costs nothing", () => {
    const empty = { rows: 0, rowsRead: 0, chunks: 0, distinct: 0, cached: 0, tokens: 0 };
    expect(quoteEmbedding(empty, terms)).toMatchObject({ exact: true, chunks: 0, calls: 0, costUsd: 0 });
  });
});

/** What was found in the rows that were read. */
export interface QuotedTexts {
  /** Of the whole dataset. */
  rows: number;
  rowsRead: number;
  chunks: number;
  /** Chunks whose text is another than that of any before. */
  distinct: number;
  /** Of the distinct ones. */
  cached: number;
  /** Of those that are distinct and not cached. */
  tokens: number;
}

export interface QuoteTerms {
  usdPerMillionTokens: number;
  textsPerCall: number;
  /** Calls at a time. */
  concurrency?: number | undefined;
  tokensPerCall: number;
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}

export interface Quote {
  rows: number;
  /** False where only the first rows were read and the rest is taken to be like them. */
  exact: boolean;
  chunks: number;
  duplicates: number;
  cached: number;
  toEmbed: number;
  tokens: number;
  calls: number;
  costUsd: number;
  /** The least that the provider's limits allow; undefined where it has none. */
  secondsMin: number | undefined;
}

/** What it would take to embed the rows. Neither a duplicate nor what is cached costs anything. */
export function quoteEmbedding(texts: QuotedTexts, terms: QuoteTerms): Quote {
  const share = texts.rowsRead === 0 ? 0 : texts.rows / texts.rowsRead;
  const scaled = (count: number) => Math.ceil(count * share);
  const toEmbed = scaled(texts.distinct - texts.cached);
  const tokens = scaled(texts.tokens);
  const calls = Math.max(Math.ceil(toEmbed / terms.textsPerCall), Math.ceil(tokens / terms.tokensPerCall));
  return {
    rows: texts.rows,
    exact: texts.rowsRead === texts.rows,
    chunks: scaled(texts.chunks),
    duplicates: scaled(texts.chunks - texts.distinct),
    cached: scaled(texts.cached),
    toEmbed,
    tokens,
    calls,
    costUsd: (tokens * terms.usdPerMillionTokens) / 1e6,
    secondsMin: secondsMin({ calls, tokens }, terms),
  };
}

/** The first minute's worth goes at once; from then on the tighter limit sets the pace. */
function secondsMin(work: { calls: number; tokens: number }, terms: QuoteTerms): number | undefined {
  const { requestsPerMinute, tokensPerMinute } = terms;
  const minutes = [
    requestsPerMinute === undefined ? undefined : work.calls / requestsPerMinute,
    tokensPerMinute === undefined ? undefined : work.tokens / tokensPerMinute,
  ].filter((value) => value !== undefined);
  if (minutes.length === 0) return undefined;
  return Math.max(0, 60 * (Math.ceil(Math.max(...minutes)) - 1));
}

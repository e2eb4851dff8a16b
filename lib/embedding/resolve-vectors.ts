import { embedTexts, type PlacedAnswer } from "./embed-texts.ts";
import type { CachedVectors, NewVectors } from "./embedding-cache.ts";
import type { EmbeddingProvider } from "./embedding-provider.ts";
import { joinVectors } from "./join-vectors.ts";
import type { MadeVector } from "./vector-keeper.ts";

export interface ResolvedVectors {
  /** One for each chunk, back to back; only those without an error hold anything. */
  vectors: Float32Array;
  /** Why a chunk has no vector, or null where it has one. */
  errors: (string | null)[];
  /** How many chunks took their vector from the cache, or from an equal text of the same batch. */
  reused: number;
  /** What the provider made; the cache should keep what the caller has not been given to keep. */
  made: NewVectors;
  tokens: number;
  costUsd: number;
  resplit: number;
  /** What ended the work before its time; then only `made` is of use. */
  failure: unknown;
}

/**
 * Finds a vector for every chunk: in the cache, else among those just made, else from the provider, once for each
 * different text. A vector that is not finite, zero, of another length than 1 or of another dimension is refused, and
 * so is an answer with too few.
 */
export async function resolveVectors(options: {
  provider: EmbeddingProvider;
  contents: readonly string[];
  hashes: readonly string[];
  cached: CachedVectors;
  /** Made by this run since, or shortly before, the cache was asked. */
  justMade?: readonly NewVectors[] | undefined;
  confirm?: (() => Promise<void>) | undefined;
  /** Given what the provider makes as it is made, before it is confirmed, with what all calls have cost so far. */
  keep?: ((made: readonly MadeVector[], costUsd: number) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
}): Promise<ResolvedVectors> {
  const { provider, contents, hashes, cached, justMade = [], confirm, keep, signal } = options;
  const { dimension, embedderId } = provider;
  const positions = firstPositions(hashes);
  const known = new Map<string, Float32Array | string>(cached.vectors);
  for (const made of justMade) {
    for (const [place, hash] of made.hashes.entries()) {
      known.set(hash, made.vectors.subarray(place * dimension, (place + 1) * dimension));
    }
  }
  const missing = [...positions].filter(([hash]) => known.get(hash)?.length !== dimension);
  const texts = missing.map(([, position]) => contents[position] ?? "");
  if (texts.length > 0) await confirm?.();
  const answered = async (placed: readonly PlacedAnswer[], costUsd: number) => {
    const good = placed.flatMap(([place, vector]) => {
      const hash = missing[place]?.[0];
      return hash !== undefined && vector instanceof Float32Array ? [{ hash, vector }] : [];
    });
    await keep?.(good, costUsd);
  };
  const { answers, ...spent } = await embedTexts({ provider, texts, answered, signal });
  if (texts.length > 0) await confirm?.();
  for (const [index, [hash]] of missing.entries()) known.set(hash, answers[index] ?? "short_answer");
  const good = missing.flatMap(([hash]) => {
    const vector = known.get(hash);
    return vector instanceof Float32Array ? [{ hash, vector }] : [];
  });
  const made = joinVectors(
    good.map(({ vector }) => vector),
    dimension,
  );
  const found = hashes.map((hash) => known.get(hash));
  const errors = found.map((answer) => (typeof answer === "string" ? answer : null));
  return {
    ...spent,
    // Mostly every text of a batch is new and different; then both are the same 25 MB.
    vectors: good.length === hashes.length ? made : joinVectors(found, dimension),
    errors,
    reused: errors.filter((error) => error === null).length - good.length,
    made: { embedderId, hashes: good.map(({ hash }) => hash), vectors: made, versionSeen: cached.version },
  };
}

function firstPositions(hashes: readonly string[]): Map<string, number> {
  const positions = new Map<string, number>();
  for (const [position, hash] of hashes.entries()) if (!positions.has(hash)) positions.set(hash, position);
  return positions;
}

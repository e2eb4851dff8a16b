import type { Table } from "@lancedb/lancedb";
import { sqlLiteral } from "../dataset/sql-quote.ts";
import { arrowTable, repeatedText, textColumn, timeColumn, vectorColumn } from "./arrow-columns.ts";
import { rowAddresses, textValues, vectorValues } from "./arrow-values.ts";
import { embCacheSchema } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { tidyTable } from "./tidy-table.ts";

/**
 * A lookup of 4,096 hashes takes 60 ms in the index and 5 ms for each fragment outside of it, of which a run adds one
 * for a thousand lines or more. The index is made anew each time: 150 ms for 100,000 lines.
 */
const unindexedMax = 32_768;
/** What a run leaves behind, all later ones pay for. */
const unindexedLeftMax = 8_192;

/** The cache's answer: vectors by content hash, and the version that it was read from. */
export interface CachedVectors {
  vectors: Map<string, Float32Array>;
  version: number;
}

/** As Lance names it by itself. */
const hashIndex = "content_hash_idx";

interface Wanted {
  embedderId: string;
  hashes: readonly string[];
}

/** The vectors that the cache has for these texts. */
export function findCached(pipeline: Pipeline, wanted: Wanted): Promise<CachedVectors> {
  return pipeline.commitCache(() => readCached(pipeline, wanted));
}

/**
 * Looks at the hashes first, because reading vectors that nobody asked for is the dearer part. The caller holds the
 * lock: a compaction between both reads would move lines to other addresses.
 */
async function readCached({ cache }: Pipeline, { embedderId, hashes }: Wanted): Promise<CachedVectors> {
  const vectors = new Map<string, Float32Array>();
  const version = await cache.version();
  if (hashes.length === 0 || (await cache.countRows()) === 0) return { vectors, version };
  const list = hashes.map(sqlLiteral).join(",");
  const where = `content_hash in (${list}) and embedder_id = ${sqlLiteral(embedderId)}`;
  const addresses: bigint[] = [];
  for await (const batch of cache.query().where(where).select(["embedder_id"]).withRowId()) {
    addresses.push(...rowAddresses(batch));
  }
  if (addresses.length === 0) return { vectors, version };
  for await (const batch of cache.takeRowIds(addresses).select(["content_hash", "vector"])) {
    const found = vectorValues(batch, "vector");
    for (const [index, hash] of textValues(batch, "content_hash").entries()) {
      const vector = found[index];
      if (vector !== undefined) vectors.set(hash, vector);
    }
  }
  return { vectors, version };
}

export interface NewVectors {
  embedderId: string;
  /** Without repetition. */
  hashes: readonly string[];
  /** One after the other, as many as hashes. */
  vectors: Float32Array;
  /** The version in which these were looked for and not found. */
  versionSeen: number;
}

/**
 * Adds vectors, but not those that another run has added since the cache was asked. `own` are the versions that this run
 * has made by adding other texts; the new one enters it.
 */
export async function addCached(
  pipeline: Pipeline,
  added: NewVectors,
  own = new Set<number>(),
): Promise<void> {
  if (added.hashes.length === 0) return;
  const { cache } = pipeline;
  await pipeline.commitCache(async () => {
    const isUnchanged = areAll(own, { after: added.versionSeen, upTo: await cache.version() });
    const fresh = isUnchanged ? added : withoutKnown(added, (await readCached(pipeline, added)).vectors);
    const { hashes, vectors, embedderId } = fresh;
    if (hashes.length === 0) return;
    const now = Date.now();
    const columns = [
      textColumn(hashes),
      repeatedText(embedderId, hashes.length),
      timeColumn(hashes.map(() => now)),
      vectorColumn({
        vectors,
        dimension: vectors.length / hashes.length,
        present: hashes.map(() => true),
      }),
    ];
    await cache.add(arrowTable(embCacheSchema, columns));
    own.add(await cache.version());
    if (await indexHashes(cache, unindexedMax)) own.add(await cache.version());
  });
}

function areAll(own: ReadonlySet<number>, { after, upTo }: { after: number; upTo: number }): boolean {
  for (let version = after + 1; version <= upTo; version += 1) if (!own.has(version)) return false;
  return true;
}

/** Takes what was added into the index of the hashes where it is so much. The caller holds the lock. */
async function indexHashes(cache: Table, leftMax: number): Promise<boolean> {
  const statistics = await cache.indexStats(hashIndex);
  const unindexed = statistics?.numUnindexedRows ?? (await cache.countRows());
  if (unindexed <= leftMax) return false;
  const { Index } = await import("@lancedb/lancedb");
  await cache.createIndex("content_hash", { config: Index.btree(), name: hashIndex, replace: true });
  return true;
}

/** Joins fragments where there are many, and indexes what a run has added. */
export async function tidyCache({ cache, commitCache }: Pipeline): Promise<void> {
  await commitCache(async () => {
    await tidyTable(cache);
    await indexHashes(cache, unindexedLeftMax);
  });
}

function withoutKnown(added: NewVectors, known: Map<string, Float32Array>): NewVectors {
  const dimension = added.vectors.length / added.hashes.length;
  const kept = [...added.hashes.keys()].filter((index) => !known.has(added.hashes[index] ?? ""));
  const vectors = new Float32Array(kept.length * dimension);
  for (const [position, index] of kept.entries()) {
    vectors.set(added.vectors.subarray(index * dimension, (index + 1) * dimension), position * dimension);
  }
  return { ...added, hashes: kept.map((index) => added.hashes[index] ?? ""), vectors };
}

/** The hashes of all texts that the cache has a vector of this embedder of. */
export async function* cachedHashes(
  { cache }: Pick<Pipeline, "cache">,
  embedderId: string,
): AsyncGenerator<string[], void, undefined> {
  const ofEmbedder = cache.query().where(`embedder_id = ${sqlLiteral(embedderId)}`);
  for await (const batch of ofEmbedder.select(["content_hash"])) yield textValues(batch, "content_hash");
}

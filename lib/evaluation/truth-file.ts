import { Blake3Hasher } from "@napi-rs/blake-hash";
import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";

/** The best hits of one query, by what the chunks are and not by where they stand. Best first. */
export interface StoredHits {
  keys: BigUint64Array;
  scores: Float32Array;
}

/** Exact answers to an eval set over one corpus, with all that is needed to extend them to a later one. */
export interface StoredTruth {
  /** The eval set's checksum. */
  set: string;
  k: number;
  fingerprint: string;
  dataset: string;
  embedderId: string;
  dimension: number;
  chunkKeys: BigUint64Array;
  /** In the set's order; `undefined` where a text gave no vector. */
  queries: ({ vector: Float32Array; hits: StoredHits } | undefined)[];
}

const Header = z.strictObject({
  schemaVersion: z.literal(1),
  set: z.string(),
  k: z.int().positive(),
  fingerprint: z.string(),
  dataset: z.string(),
  embedderId: z.string(),
  dimension: z.int().positive(),
  chunkCount: z.int().nonnegative(),
  /** Null for a query without a vector. */
  hitCounts: z.array(z.int().nonnegative().nullable()),
});
const checksumBytes = 32;
/** Checksum, and the header's length as u32. */
const prefixBytes = checksumBytes + 4;

/** Checksum, header length, header as JSON, then keys of all chunks, keys of all hits, scores, vectors; little-endian. */
export function encodeTruth(truth: StoredTruth): Uint8Array {
  const { chunkKeys, queries, ...facts } = truth;
  const answered = queries.filter((query) => query !== undefined);
  const header = Buffer.from(
    JSON.stringify({
      schemaVersion: 1,
      ...facts,
      chunkCount: chunkKeys.length,
      hitCounts: queries.map((query) => query?.hits.keys.length ?? null),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const parts = [
    chunkKeys,
    ...answered.map(({ hits }) => hits.keys),
    ...answered.map(({ hits }) => hits.scores),
    ...answered.map(({ vector }) => vector),
  ];
  const body = Buffer.concat([
    length,
    header,
    ...parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
  ]);
  return Buffer.concat([digest(body), body]);
}

/** The stored truth; whatever is wrong with the bytes is `corrupt`, `eval-truth-damaged`. */
export function decodeTruth(bytes: Uint8Array, key: string): StoredTruth {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(checksumBytes);
  const checksum = bytes.subarray(0, checksumBytes);
  if (bytes.length < prefixBytes || !digest(body).equals(checksum)) throw damagedTruth(key);
  const headerEnd = 4 + body.readUInt32LE(0);
  const header = Header.safeParse(JSON.parse(body.toString("utf8", 4, headerEnd)));
  if (!header.success) throw damagedTruth(key, header.error);
  const { schemaVersion: _, chunkCount, hitCounts, ...facts } = header.data;
  let offset = headerEnd;
  const take = (byteCount: number) => {
    const copy = Uint8Array.from(body.subarray(offset, offset + byteCount));
    if (copy.length !== byteCount) throw damagedTruth(key);
    offset += byteCount;
    return copy.buffer;
  };
  const chunkKeys = new BigUint64Array(take(chunkCount * 8));
  const counts = hitCounts.filter((count) => count !== null);
  const keys = counts.map((count) => new BigUint64Array(take(count * 8)));
  const scores = counts.map((count) => new Float32Array(take(count * 4)));
  const vectors = counts.map(() => new Float32Array(take(facts.dimension * 4)));
  let place = 0;
  const queries = hitCounts.map((count) => {
    if (count === null) return undefined;
    const query = { vector: vectors[place]!, hits: { keys: keys[place]!, scores: scores[place]! } };
    place += 1;
    return query;
  });
  return { ...facts, chunkKeys, queries };
}

function damagedTruth(key: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "eval-truth-damaged",
    message: `The ground truth at "${key}" is damaged.`,
    place: { file: key },
    remedy: "Delete it: it is found again when it is next needed.",
    cause,
  });
}

function digest(bytes: Uint8Array): Buffer {
  return new Blake3Hasher().update(bytes).digestBuffer();
}

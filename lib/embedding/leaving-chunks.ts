import { textValues, vectorValues } from "./arrow-values.ts";
import { contentHash } from "./content-hash.ts";
import type { BroughtVectors, DocumentRow } from "./document-rows.ts";
import { findLines } from "./named-lines.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { rowPredicates } from "./row-predicate.ts";

/** Chunks of rows that are about to leave. */
export interface LeavingChunks {
  /** Of their texts, without repetition. */
  hashes: Set<string>;
  /** What is known of these texts already, for rows that come with the same ones; of one embedder. */
  vectors: Map<string, Float32Array>;
}

/** 50 MB at 768 values. What comes with more finds the rest of its vectors in the cache. */
const vectorsMax = 16_384;

export function noLeavingChunks(): LeavingChunks {
  return { hashes: new Set(), vectors: new Map() };
}

/** Reads what the rows' chunks are, and the vectors that this embedder has made of them. */
export async function readLeaving(
  { documents }: Pipeline,
  rowIds: Float64Array,
  embedderId: string,
): Promise<LeavingChunks> {
  const leaving = noLeavingChunks();
  const columns = ["content_hash", "embedding_status", "embedding_version", "vector"];
  for (const predicate of rowPredicates(rowIds)) {
    const where = `(${predicate}) and total_chunks > 0`;
    const addresses = await findLines(documents, where);
    if (addresses?.length === 0) continue;
    const named = addresses === undefined ? documents.query().where(where) : documents.takeRowIds(addresses);
    const isFull = leaving.vectors.size >= vectorsMax;
    for await (const batch of named.select(isFull ? columns.slice(0, 1) : columns)) {
      const hashes = textValues(batch, "content_hash");
      for (const hash of hashes) leaving.hashes.add(hash);
      if (isFull) continue;
      const [statuses, versions] = [
        textValues(batch, "embedding_status"),
        textValues(batch, "embedding_version"),
      ];
      for (const [line, vector] of vectorValues(batch, "vector").entries()) {
        if (vector === undefined || statuses[line] !== "ready" || versions[line] !== embedderId) continue;
        // A copy, because the batch is far larger than what is kept of it.
        if (leaving.vectors.size < vectorsMax) leaving.vectors.set(hashes[line] ?? "", vector.slice());
      }
    }
  }
  return leaving;
}

/** Hashes of all texts that are there. */
export async function readAllHashes({ documents }: Pipeline): Promise<Set<string>> {
  const hashes = new Set<string>();
  for await (const batch of documents.query().where("total_chunks > 0").select(["content_hash"])) {
    for (const hash of textValues(batch, "content_hash")) hashes.add(hash);
  }
  return hashes;
}

/** The new rows with the vectors that their texts had before; undefined where no text is an old one. */
export function carryVectors(
  rows: readonly DocumentRow[],
  { vectors }: LeavingChunks,
  embedderId: string,
): BroughtVectors | undefined {
  if (vectors.size === 0) return undefined;
  const found = rows.map((row) => (row.totalChunks > 0 ? vectors.get(contentHash(row.content)) : undefined));
  const dimension = found.find((vector) => vector !== undefined)?.length;
  if (dimension === undefined) return undefined;
  const carried = new Float32Array(rows.length * dimension);
  for (const [place, vector] of found.entries()) {
    if (vector !== undefined) carried.set(vector, place * dimension);
  }
  const errors = found.map((vector) => (vector === undefined ? undefined : null));
  return { embedderId, dimension, vectors: carried, errors, at: Date.now() };
}

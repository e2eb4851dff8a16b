import type { Table } from "@lancedb/lancedb";
import { textValues, vectorValues } from "../../embedding/arrow-values.ts";
import { addCached, findCached } from "../../embedding/embedding-cache.ts";
import type { EmbeddingProvider } from "../../embedding/embedding-provider.ts";
import type { Pipeline } from "../../embedding/pipeline-tables.ts";
import { resolveVectors } from "../../embedding/resolve-vectors.ts";

export interface SampledChunk {
  docId: string;
  content: string;
  hash: string;
  /** By the model that serves; undefined where it has none. */
  before: Float32Array | undefined;
}

/** Reads the chunks at these addresses of a version of `documents`, by their hashes, so that a seed chooses the same. */
export async function readSampled(documents: Table, addresses: bigint[]): Promise<SampledChunk[]> {
  const chunks: SampledChunk[] = [];
  const columns = ["doc_id", "content", "content_hash", "embedding_status", "vector"];
  for await (const batch of documents.takeRowIds(addresses).select(columns)) {
    const [docIds, contents] = [textValues(batch, "doc_id"), textValues(batch, "content")];
    const [hashes, statuses] = [textValues(batch, "content_hash"), textValues(batch, "embedding_status")];
    for (const [place, vector] of vectorValues(batch, "vector").entries()) {
      chunks.push({
        docId: docIds[place] ?? "",
        content: contents[place] ?? "",
        hash: hashes[place] ?? "",
        // A copy, because the batch is larger than what is kept of it.
        before: statuses[place] === "ready" ? vector?.slice() : undefined,
      });
    }
  }
  return chunks.sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

export interface GroupSpent {
  embedded: number;
  failed: number;
  tokens: number;
  costUsd: number;
  seconds: number;
}

/** Vectors of one group by the new model, which the cache keeps: what was sampled is not paid for again. */
export async function embedGroup(
  chunks: readonly SampledChunk[],
  by: {
    pipeline: Pipeline;
    provider: EmbeddingProvider;
    confirm: () => Promise<void>;
    signal: AbortSignal | undefined;
  },
): Promise<{ vectors: (Float32Array | undefined)[]; spent: GroupSpent }> {
  const { pipeline, provider } = by;
  const begin = performance.now();
  const contents = chunks.map(({ content }) => content);
  const hashes = chunks.map(({ hash }) => hash);
  const { embedderId } = provider;
  const cached = await findCached(pipeline, { embedderId, hashes: [...new Set(hashes)] });
  const resolved = await resolveVectors({ ...by, contents, hashes, cached });
  await addCached(pipeline, resolved.made);
  if (resolved.failure !== undefined) throw resolved.failure;
  const { dimension } = provider;
  const { errors, tokens, costUsd } = resolved;
  return {
    vectors: errors.map((error, place) =>
      error === null ? resolved.vectors.slice(place * dimension, (place + 1) * dimension) : undefined,
    ),
    spent: {
      embedded: resolved.made.hashes.length,
      failed: errors.filter((error) => error !== null).length,
      tokens,
      costUsd,
      seconds: (performance.now() - begin) / 1_000,
    },
  };
}

import type { OpenGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { cosineSimilarity, euclideanNorm } from "@lakefleet/lib/vector/format/cosine-similarity.ts";
import { isAllowed } from "@lakefleet/lib/vector/format/is-allowed.ts";
import { createTopHits } from "@lakefleet/lib/vector/format/top-hits.ts";
import type { VectorSearch } from "@lakefleet/lib/vector/vector-index.ts";

export interface MemoryChunk {
  id: string;
  docId: string;
  vector: Float32Array;
}

/** The twin of an open generation that holds chunks in memory and compares them all; what exact search alone needs. */
export function memoryGeneration(chunks: readonly MemoryChunk[], dimension: number): OpenGeneration {
  let compared = 0;
  const exact = async (query: Float32Array, { k, filter }: VectorSearch) => {
    const hits = createTopHits(Math.min(k, chunks.length));
    const norm = euclideanNorm(query);
    for (const [ordinal, { vector }] of chunks.entries()) {
      if (filter !== undefined && !isAllowed(filter.bits, ordinal)) continue;
      compared += 1;
      hits.offer(ordinal, cosineSimilarity(query, norm, vector, 0));
    }
    return { ...hits.drain(), exact: true };
  };
  const facts = { index: "memory", dataset: "memory", embedderId: "memory@1", dimension, metric: "cosine" };
  const twin: unknown = {
    manifest: { ...facts, vectorCount: chunks.length },
    rows: {
      chunkCount: chunks.length,
      fetch: (ordinals: Uint32Array) =>
        [...ordinals].map((ordinal) => {
          const chunk = chunks[ordinal]!;
          return { id: chunk.id, doc_id: chunk.docId, chunk_index: 0, text: chunk.id, metadata: {} };
        }),
    },
    vectors: { backend: "lance", vectorCount: chunks.length, dimension, exact, search: exact },
    /** Vectors compared since it was opened. */
    compared: () => compared,
  };
  return twin as OpenGeneration;
}

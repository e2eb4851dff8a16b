import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { documentOrdinals } from "./read-document.ts";

export interface Neighbour {
  doc_id: string;
  /** Cosine of the nearest two chunks of both. */
  score: number;
  /** The neighbour's chunk that is so near. */
  chunk_index: number;
  text: string;
}

/** A document of more chunks is asked about by so many of them, evenly spread: each one is a search. */
const probesMax = 16;

/** The `k` documents nearest to a document, by their vectors, without itself. Throws `not-found`, `document-missing`. */
export async function findNeighbours(
  generation: OpenGeneration,
  docId: string,
  k: number,
): Promise<Neighbour[]> {
  const { rows, vectors, manifest } = generation;
  const own = await documentOrdinals(generation, docId);
  const count = Math.min(own.length, probesMax);
  const probes = Array.from({ length: count }, (_, at) => own[Math.floor((at * own.length) / count)] ?? 0);
  const asked = await vectors.fetch(probes);
  const best = new Map<string, Neighbour>();
  // A document has several chunks, and its own come first.
  const depth = Math.min(manifest.vectorCount, own.length + k * 4);
  for (const [place] of probes.entries()) {
    const query = asked.subarray(place * manifest.dimension, (place + 1) * manifest.dimension);
    const { ordinals, scores } = await vectors.search(query, { k: depth });
    for (const [position, chunk] of rows.fetch(ordinals).entries()) {
      const score = Math.round((scores[position] ?? 0) * 1e6) / 1e6;
      const { doc_id, chunk_index, text } = chunk;
      if (doc_id === docId || (best.get(doc_id)?.score ?? -2) >= score) continue;
      best.set(doc_id, { doc_id, score, chunk_index, text });
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score || (a.doc_id < b.doc_id ? -1 : 1)).slice(0, k);
}

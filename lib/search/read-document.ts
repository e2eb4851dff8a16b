import { sqlLiteral } from "../dataset/sql-quote.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { isAllowed } from "../vector/format/is-allowed.ts";

export interface DocumentChunk {
  id: string;
  chunk_index: number;
  text: string;
  metadata: Record<string, unknown>;
}

export interface StoredDocument {
  doc_id: string;
  /** Of all its chunks, whatever the page. */
  chunk_count: number;
  chunks: DocumentChunk[];
}

/** A document's chunks in the order of its text, whatever the backend. Throws `not-found`, `document-missing`. */
export async function readDocument(
  generation: OpenGeneration,
  docId: string,
  page: { offset: number; limit: number },
): Promise<StoredDocument> {
  const ordinals = await documentOrdinals(generation, docId);
  const chunks = generation.rows.fetch(ordinals.slice(page.offset, page.offset + page.limit));
  return {
    doc_id: docId,
    chunk_count: ordinals.length,
    chunks: chunks.map(({ id, chunk_index, text, metadata }) => ({ id, chunk_index, text, metadata })),
  };
}

/** The positions of a document's chunks in the generation, ascending and never none; throws as `readDocument` does. */
export async function documentOrdinals(generation: OpenGeneration, docId: string): Promise<number[]> {
  const { manifest, rows } = generation;
  // SQLite ends a text at its first NUL, so such a name would find another document.
  const filter = docId.includes("\0") ? undefined : await rows.select(`doc_id = ${sqlLiteral(docId)}`);
  const ordinals: number[] = [];
  for (let word = 0; word < (filter?.bits.length ?? 0); word += 1) {
    if (filter?.bits[word] === 0) continue;
    for (let ordinal = word * 32; ordinal < word * 32 + 32; ordinal += 1) {
      if (filter !== undefined && isAllowed(filter.bits, ordinal)) ordinals.push(ordinal);
    }
  }
  if (ordinals.length > 0) return ordinals;
  throw new DomainError({
    kind: "not-found",
    type: "document-missing",
    field: "doc",
    message: `The generation ${manifest.generation} of ${manifest.index} holds no document ${JSON.stringify(docId.slice(0, 200))}.`,
    remedy:
      "A document's name is the doc_id of a hit; GET /vectors/indexes/{name}?missing=1 lists the rows that are not indexed.",
  });
}

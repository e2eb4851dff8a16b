import { DomainError } from "../../errors/domain-error.ts";
import { isAllowed } from "../../vector/format/is-allowed.ts";
import { createTopHits } from "../../vector/format/top-hits.ts";
import type { RowFilter } from "../../vector/vector-index.ts";
import { findPostings } from "./find-postings.ts";
import { readLexicalFile } from "./read-lexical-file.ts";
import { createScorer } from "./score-documents.ts";

export interface LexicalSearch {
  k: number;
  filter?: RowFilter | undefined;
}

export interface LexicalHits {
  /** Documents with at least one term of the query; best first, lower ordinals first among equals. */
  ordinals: Uint32Array;
  /** BM25 as Lucene computes it: above 0, without an upper bound. */
  scores: Float32Array;
}

export interface LexicalIndex {
  readonly documentCount: number;
  /** Synchronous: under 1 ms for five words over 100,000 chunks, about 10 ms over a million. */
  search(query: string, search: LexicalSearch): LexicalHits;
}

/** Reads the index into memory, 6 bytes a posting; a torn or damaged file gives `lexical-damaged`. */
export async function openLexicalIndex(path: string): Promise<LexicalIndex> {
  const file = await readLexicalFile(path);
  const { documentCount } = file;
  const scoreDocuments = createScorer(file);
  return {
    documentCount,
    search(query, { k, filter }) {
      checkSearch(k, filter, documentCount);
      const bits = filter?.bits;
      const { documents, count, scores } = scoreDocuments(findPostings(file, query), { k, bits });
      const hits = createTopHits(Math.min(k, count));
      let floor = hits.floor();
      for (let index = 0; index < count; index++) {
        const ordinal = documents[index]!;
        const score = scores[ordinal]!;
        scores[ordinal] = 0;
        if (score < floor || (bits !== undefined && !isAllowed(bits, ordinal))) continue;
        hits.offer(ordinal, score);
        floor = hits.floor();
      }
      return hits.drain();
    },
  };
}

function checkSearch(k: number, filter: RowFilter | undefined, documentCount: number): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new DomainError({
      kind: "invalid",
      type: "search-k",
      field: "k",
      message: `k must be a whole number above 0, not ${k}.`,
    });
  }
  if (filter !== undefined && filter.bits.length * 32 < documentCount) {
    throw new DomainError({
      kind: "invalid",
      type: "filter-size",
      field: "filter",
      message: `The filter covers ${filter.bits.length * 32} rows of ${documentCount}; it belongs to another generation.`,
    });
  }
}

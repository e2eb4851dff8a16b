import { DomainError } from "../../errors/domain-error.ts";
import { isAllowed } from "../../vector/format/is-allowed.ts";
import { createTopHits } from "../../vector/format/top-hits.ts";
import type { RowFilter } from "../../vector/vector-index.ts";
import { inverseDocumentFrequency, lengthNorms } from "../format/bm25.ts";
import { findPostings, type QueryPostings } from "./find-postings.ts";
import { readLexicalFile } from "./read-lexical-file.ts";

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
  /** Synchronous; 4 million postings, the most that one search reads, take about 20 ms. */
  search(query: string, search: LexicalSearch): LexicalHits;
}

// Reached only by long queries over about a million documents. The rarest terms are read first, so what is left out are
// the terms that stand nearly everywhere and weigh nearly nothing.
const postingsMax = 4_000_000;

/** Reads the index into memory, 6 bytes a posting; a torn or damaged file gives `lexical-damaged`. */
export async function openLexicalIndex(path: string): Promise<LexicalIndex> {
  const file = await readLexicalFile(path);
  const { documentCount, ordinals, frequencies, lengthCodes } = file;
  const norms = lengthNorms(Math.max(1, file.tokenCount) / Math.max(1, documentCount));
  // Reused by every search, and all zero between them.
  const scores = new Float32Array(documentCount);
  const touched = new Uint32Array(documentCount);

  const accumulate = (postings: readonly QueryPostings[]): number => {
    let touchedCount = 0;
    let budget = postingsMax;
    for (const { start, end, queryFrequency } of postings) {
      budget -= end - start;
      if (budget < 0) break;
      const weight = queryFrequency * inverseDocumentFrequency(documentCount, end - start);
      for (let posting = start; posting < end; posting++) {
        const ordinal = ordinals[posting]!;
        const frequency = frequencies[posting]!;
        const before = scores[ordinal]!;
        if (before === 0) touched[touchedCount++] = ordinal;
        scores[ordinal] = before + (weight * frequency) / (frequency + norms[lengthCodes[ordinal]!]!);
      }
    }
    return touchedCount;
  };

  return {
    documentCount,
    search(query, { k, filter }) {
      checkSearch(k, filter, documentCount);
      const touchedCount = accumulate(findPostings(file, query));
      const hits = createTopHits(Math.min(k, touchedCount));
      let floor = hits.floor();
      for (let index = 0; index < touchedCount; index++) {
        const ordinal = touched[index]!;
        const score = scores[ordinal]!;
        scores[ordinal] = 0;
        if (score < floor || (filter !== undefined && !isAllowed(filter.bits, ordinal))) continue;
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

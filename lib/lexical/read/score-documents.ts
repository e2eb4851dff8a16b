import { isAllowed } from "../../vector/format/is-allowed.ts";
import { createTopHits } from "../../vector/format/top-hits.ts";
import { inverseDocumentFrequency, lengthNorms } from "../format/bm25.ts";
import type { QueryPostings } from "./find-postings.ts";
import type { LexicalFile } from "./read-lexical-file.ts";

export interface ScoredDocuments {
  /** The first `count` are the documents with a score. */
  documents: Uint32Array;
  count: number;
  /** By ordinal; the caller sets every score it has seen back to 0. */
  scores: Float32Array;
}

/** Reuses its arrays: one call at a time, and all scores back at 0 before the next. */
export type ScoreDocuments = (
  postings: readonly QueryPostings[],
  options: { k: number; bits: Uint32Array | undefined },
) => ScoredDocuments;

/** What the weights of a term and the norms of a document's length depend on: all documents that count. */
export interface Collection {
  documentCount: number;
  tokenCount: number;
}

// Reached only by long queries over about a million documents; about 20 ms.
const defaultPostingsMax = 4_000_000;
// Where that is reached, this many documents still get their whole score.
const contendersMax = 1000;
// Sums of f32 may come out larger than their exact value by this share.
const roundingShare = 1e-5;

/**
 * BM25 over all postings of the query, rarest term first. Once the `k`-th best document is ahead of everything that the
 * remaining terms could give, only the documents that can still get past it are looked up; the best `k` stay the same.
 */
export function createScorer(
  file: LexicalFile,
  collection: Collection,
  postingsMax = defaultPostingsMax,
): ScoreDocuments {
  const { ordinals, frequencies, lengthCodes } = file;
  const norms = lengthNorms(Math.max(1, collection.tokenCount) / Math.max(1, collection.documentCount));
  const scores = new Float32Array(file.documentCount);
  const documents = new Uint32Array(file.documentCount);

  const gain = (posting: number, weight: number) => {
    const frequency = frequencies[posting]!;
    return (weight * frequency) / (frequency + norms[lengthCodes[ordinals[posting]!]!]!);
  };
  const addAll = ({ start, end, weight }: Weighted, known: number): number => {
    let count = known;
    for (let posting = start; posting < end; posting++) {
      const ordinal = ordinals[posting]!;
      const before = scores[ordinal]!;
      if (before === 0) documents[count++] = ordinal;
      scores[ordinal] = before + gain(posting, weight);
    }
    return count;
  };
  const addTo = (contenders: Uint32Array, { start, end, weight }: Weighted): void => {
    let from = start;
    for (const ordinal of contenders) {
      from = firstAtLeast(ordinals, from, end, ordinal);
      if (from < end && ordinals[from] === ordinal) scores[ordinal]! += gain(from, weight);
    }
  };

  return (postings, { k, bits }) => {
    const terms = weigh(postings, collection.documentCount);
    let count = 0;
    let budget = postingsMax;
    for (const [place, term] of terms.entries()) {
      const length = term.end - term.start;
      budget -= length;
      const spent = budget < 0;
      if (spent || (count >= k && length > count)) {
        const most = spent ? Math.min(count, Math.max(k, contendersMax)) : k;
        const best = bestSoFar({ documents, count, scores }, most, bits);
        const needed = best.floor - term.restMax * (1 + roundingShare);
        if (spent || needed > 0) {
          const contenders = spent ? best.ordinals : above(needed, { documents, count, scores }, bits);
          contenders.sort();
          for (const rest of terms.slice(place)) addTo(contenders, rest);
          break;
        }
      }
      count = addAll(term, count);
    }
    return { documents, count, scores };
  };
}

interface Weighted {
  start: number;
  end: number;
  weight: number;
  /** More than this term and all after it can add to any document. */
  restMax: number;
}

function weigh(postings: readonly QueryPostings[], documentCount: number): Weighted[] {
  let restMax = 0;
  return postings
    .toReversed()
    .map(({ start, end, queryFrequency, documentFrequency }) => {
      const weight = queryFrequency * inverseDocumentFrequency(documentCount, documentFrequency);
      restMax += weight;
      return { start, end, weight, restMax };
    })
    .reverse();
}

function bestSoFar(
  { documents, count, scores }: ScoredDocuments,
  most: number,
  bits: Uint32Array | undefined,
) {
  const hits = createTopHits(most);
  let floor = hits.floor();
  for (let index = 0; index < count; index++) {
    const ordinal = documents[index]!;
    if (scores[ordinal]! < floor || (bits !== undefined && !isAllowed(bits, ordinal))) continue;
    hits.offer(ordinal, scores[ordinal]!);
    floor = hits.floor();
  }
  return { floor, ordinals: hits.drain().ordinals };
}

function above(needed: number, { documents, count, scores }: ScoredDocuments, bits: Uint32Array | undefined) {
  return documents
    .subarray(0, count)
    .filter((ordinal) => scores[ordinal]! >= needed && (bits === undefined || isAllowed(bits, ordinal)));
}

function firstAtLeast(ordinals: Uint32Array, from: number, end: number, wanted: number): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordinals[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

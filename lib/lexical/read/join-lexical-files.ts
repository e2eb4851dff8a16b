import { isAllowed } from "../../vector/format/is-allowed.ts";
import { createTopHits } from "../../vector/format/top-hits.ts";
import { type CountedFile, findPostings, type QueryPostings } from "./find-postings.ts";
import type { LexicalFile } from "./read-lexical-file.ts";
import { createScorer, type ScoreDocuments } from "./score-documents.ts";

/** A word index, some of whose documents are no longer part of the collection. */
export interface LexicalPart {
  file: LexicalFile;
  /** Their ordinals in the file, ascending. */
  dead: Uint32Array;
  /** Words in them, stop words left out. */
  deadTokenCount: number;
}

export interface LexicalHits {
  /** Documents with at least one term of the query; best first, lower ordinals first among equals. */
  ordinals: Uint32Array;
  /** BM25 as Lucene computes it: above 0, without an upper bound. */
  scores: Float32Array;
}

/**
 * The best `k` of each file, by ordinals of its own. `bits` are the documents of each file that may be found; a file
 * without them gives all that are not dead.
 */
export type SearchFiles = (
  query: string,
  search: { k: number; bits: readonly (Uint32Array | undefined)[] },
) => LexicalHits[];

/**
 * Several word indexes searched as if they were one: how rare a term is and how long documents are is counted over all
 * documents that are not dead, so each gets the score that it would have in a single index of the living ones.
 */
export function joinLexicalFiles(parts: readonly LexicalPart[]): SearchFiles {
  const collection = {
    documentCount: parts.reduce((sum, { file, dead }) => sum + file.documentCount - dead.length, 0),
    tokenCount: parts.reduce((sum, { file, deadTokenCount }) => sum + file.tokenCount - deadTokenCount, 0),
  };
  const counted: CountedFile[] = parts.map(({ file, dead }) => {
    return { file, liveFrequency: createFrequencyCounter(file, dead) };
  });
  const scorers = parts.map(({ file }) => createScorer(file, collection));
  const living = parts.map(({ file, dead }) => livingBits(file.documentCount, dead));
  return (query, { k, bits }) =>
    findPostings(counted, query).map((postings, place) =>
      bestOf(scorers[place]!, postings, { k, bits: bits[place] ?? living[place] }),
    );
}

function bestOf(
  score: ScoreDocuments,
  postings: QueryPostings[],
  { k, bits }: { k: number; bits: Uint32Array | undefined },
): LexicalHits {
  const { documents, count, scores } = score(postings, { k, bits });
  const hits = createTopHits(Math.min(k, count));
  let floor = hits.floor();
  for (let index = 0; index < count; index++) {
    const ordinal = documents[index]!;
    const gained = scores[ordinal]!;
    scores[ordinal] = 0;
    if (gained < floor || (bits !== undefined && !isAllowed(bits, ordinal))) continue;
    hits.offer(ordinal, gained);
    floor = hits.floor();
  }
  return hits.drain();
}

// Counted terms take 50 bytes each; queries use the same ones over and over.
const countedTermsMax = 100_000;

/** Counts a term's living documents by merging two ascending lists, and remembers it. */
function createFrequencyCounter(file: LexicalFile, dead: Uint32Array): CountedFile["liveFrequency"] {
  if (dead.length === 0) return (start, end) => end - start;
  const known = new Map<number, number>();
  return (start, end) => {
    const before = known.get(start);
    if (before !== undefined) return before;
    let count = end - start;
    let place = 0;
    for (let posting = start; posting < end && place < dead.length; posting++) {
      const ordinal = file.ordinals[posting]!;
      while (place < dead.length && dead[place]! < ordinal) place += 1;
      if (dead[place] === ordinal) count -= 1;
    }
    if (known.size >= countedTermsMax) known.clear();
    known.set(start, count);
    return count;
  };
}

function livingBits(documentCount: number, dead: Uint32Array): Uint32Array | undefined {
  if (dead.length === 0) return undefined;
  const bits = new Uint32Array((documentCount + 31) >>> 5).fill(0xffff_ffff);
  for (const ordinal of dead) bits[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
  return bits;
}

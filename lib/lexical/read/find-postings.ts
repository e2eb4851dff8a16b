import { splitWords } from "../format/split-words.ts";
import { termOf } from "../format/term-of.ts";
import type { LexicalFile } from "./read-lexical-file.ts";

/** The postings of one term of a query: a range of the file's posting arrays. */
export interface QueryPostings {
  start: number;
  end: number;
  /** How often the term stands in the query. */
  queryFrequency: number;
  /** How many documents of the whole collection have the term. */
  documentFrequency: number;
}

/** One file of a collection, and how often its documents that still count have a term. */
export interface CountedFile {
  file: LexicalFile;
  liveFrequency(start: number, end: number): number;
}

// As long as the longest chunk: a whole document can be searched for.
const queryLengthMax = 32_768;

/**
 * For each file, the query's terms that it knows, those that are rarest in the whole collection first: all files add
 * up their scores in one order, which is that of a single file. Of a text over 32,768 characters, the beginning counts.
 */
export function findPostings(files: readonly CountedFile[], query: string): QueryPostings[][] {
  const terms = [...queryTerms(query)].map(([term, queryFrequency]) => {
    const ranges = files.map(({ file }) => findRange(file, term));
    const documentFrequency = ranges.reduce(
      (sum, range, place) => sum + (range === undefined ? 0 : files[place]!.liveFrequency(...range)),
      0,
    );
    return { term, ranges, queryFrequency, documentFrequency };
  });
  terms.sort(
    (left, right) => left.documentFrequency - right.documentFrequency || (left.term < right.term ? -1 : 1),
  );
  return files.map((_, place) =>
    terms.flatMap(({ ranges, queryFrequency, documentFrequency }) => {
      const range = ranges[place];
      // A term that only dead documents have is known to nobody.
      if (range === undefined || documentFrequency === 0) return [];
      return [{ start: range[0], end: range[1], queryFrequency, documentFrequency }];
    }),
  );
}

function queryTerms(query: string): Map<string, number> {
  const frequencies = new Map<string, number>();
  splitWords(query.slice(0, queryLengthMax), (word) => {
    const term = termOf(word);
    if (term !== undefined) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  });
  return frequencies;
}

function findRange(file: LexicalFile, term: string): [start: number, end: number] | undefined {
  const rank = findTerm(file, term);
  return rank === undefined ? undefined : [file.postingStarts[rank]!, file.postingStarts[rank + 1]!];
}

function findTerm({ termStarts, termBytes, termCount }: LexicalFile, term: string): number | undefined {
  let low = 0;
  let high = termCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = termBytes.toString("utf8", termStarts[middle], termStarts[middle + 1]);
    if (candidate === term) return middle;
    if (candidate < term) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

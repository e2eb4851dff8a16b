import { splitWords } from "../format/split-words.ts";
import { termOf } from "../format/term-of.ts";
import type { LexicalFile } from "./read-lexical-file.ts";

/** The postings of one term of a query: a range of the file's posting arrays. */
export interface QueryPostings {
  start: number;
  end: number;
  /** How often the term stands in the query. */
  queryFrequency: number;
}

// As long as the longest chunk: a whole document can be searched for.
const queryLengthMax = 32_768;

/** The terms of a query that the index knows, rarest first. Of a text over 32,768 characters, the beginning counts. */
export function findPostings(file: LexicalFile, query: string): QueryPostings[] {
  const frequencies = new Map<string, number>();
  splitWords(query.slice(0, queryLengthMax), (word) => {
    const term = termOf(word);
    if (term !== undefined) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  });
  const postings: QueryPostings[] = [];
  for (const [term, queryFrequency] of frequencies) {
    const rank = findTerm(file, term);
    if (rank === undefined) continue;
    const [start, end] = [file.postingStarts[rank]!, file.postingStarts[rank + 1]!];
    postings.push({ start, end, queryFrequency });
  }
  return postings.sort(
    (left, right) => left.end - left.start - (right.end - right.start) || left.start - right.start,
  );
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

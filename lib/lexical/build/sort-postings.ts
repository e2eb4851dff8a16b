import type { GrowingArray } from "./growing-array.ts";

export interface SortedPostings {
  /** Ascending by UTF-16 code units. */
  terms: string[];
  postingStarts: Uint32Array;
  ordinals: Uint32Array;
  frequencies: Uint16Array;
}

/** Turns postings in document order into postings in term order; a counting sort, so documents stay ascending. */
export function sortPostings(log: {
  termIds: ReadonlyMap<string, number>;
  documentTermCounts: GrowingArray;
  postingTerms: GrowingArray;
  postingFrequencies: GrowingArray;
}): SortedPostings {
  const { termIds, documentTermCounts, postingTerms, postingFrequencies } = log;
  const terms = [...termIds.keys()].sort();
  const rankOf = new Uint32Array(terms.length);
  terms.forEach((term, rank) => {
    rankOf[termIds.get(term)!] = rank;
  });

  const postingStarts = new Uint32Array(terms.length + 1);
  for (let posting = 0; posting < postingTerms.length; posting++) {
    postingStarts[rankOf[postingTerms.at(posting)]! + 1]! += 1;
  }
  for (let rank = 0; rank < terms.length; rank++) postingStarts[rank + 1]! += postingStarts[rank]!;

  const next = postingStarts.slice();
  const ordinals = new Uint32Array(postingTerms.length);
  const frequencies = new Uint16Array(postingTerms.length);
  let posting = 0;
  for (let document = 0; document < documentTermCounts.length; document++) {
    for (const end = posting + documentTermCounts.at(document); posting < end; posting++) {
      const rank = rankOf[postingTerms.at(posting)]!;
      const place = next[rank]!;
      next[rank] = place + 1;
      ordinals[place] = document;
      frequencies[place] = postingFrequencies.at(posting);
    }
  }
  return { terms, postingStarts, ordinals, frequencies };
}

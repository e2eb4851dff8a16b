import { DomainError } from "../../errors/domain-error.ts";
import { encodeLength } from "../format/length-byte.ts";
import { countMax } from "../format/lexical-layout.ts";
import { splitWords } from "../format/split-words.ts";
import { termOf } from "../format/term-of.ts";
import { createGrowingArray } from "./growing-array.ts";
import { sortPostings } from "./sort-postings.ts";
import { writeLexicalFile } from "./write-lexical-file.ts";

export interface LexicalBuilder {
  readonly documentCount: number;
  /** The next document; its ordinal is the number of documents before it. About 10 µs for 300 characters. */
  add(text: string): void;
  /**
   * Writes the index, unsynced. Sorting blocks the thread for seconds at a million documents, so this runs in a worker
   * thread. Takes 6 bytes a posting while documents are added and as much again here.
   */
  write(path: string): Promise<void>;
}

const stopWord = -1;
// Spellings seen lately; the words that make up most text stay in, and a column of random ids cannot fill memory twice.
const spellingsMax = 200_000;

export function createLexicalBuilder(): LexicalBuilder {
  const termIds = new Map<string, number>();
  const spellings = new Map<string, number>();
  const lengthCodes = createGrowingArray(Uint8Array);
  const documentTermCounts = createGrowingArray(Uint32Array);
  const postingTerms = createGrowingArray(Uint32Array);
  const postingFrequencies = createGrowingArray(Uint16Array);
  // For each term, its latest posting: within the document at hand, repetition raises that posting's frequency.
  const latestPosting = createGrowingArray(Uint32Array);
  let tokenCount = 0;

  const termIdOf = (word: string): number => {
    const known = spellings.get(word);
    if (known !== undefined) return known;
    if (spellings.size >= spellingsMax) spellings.clear();
    const term = termOf(word);
    let id = term === undefined ? stopWord : termIds.get(term);
    if (id === undefined) {
      id = termIds.size;
      termIds.set(term!, id);
      latestPosting.push(countMax);
    }
    spellings.set(word, id);
    return id;
  };

  return {
    get documentCount() {
      return lengthCodes.length;
    },
    add(text) {
      const firstPosting = postingTerms.length;
      let length = 0;
      splitWords(text, (word) => {
        const term = termIdOf(word);
        if (term === stopWord) return;
        length += 1;
        const posting = latestPosting.at(term);
        if (posting >= firstPosting && posting !== countMax) {
          postingFrequencies.set(posting, Math.min(65_535, postingFrequencies.at(posting) + 1));
        } else {
          latestPosting.set(term, postingTerms.length);
          postingTerms.push(term);
          postingFrequencies.push(1);
        }
      });
      if (postingTerms.length >= countMax) throw tooLarge();
      lengthCodes.push(encodeLength(length));
      documentTermCounts.push(postingTerms.length - firstPosting);
      tokenCount += length;
    },
    async write(path) {
      const sorted = sortPostings({ termIds, documentTermCounts, postingTerms, postingFrequencies });
      const codes = Uint8Array.from({ length: lengthCodes.length }, (_, document) =>
        lengthCodes.at(document),
      );
      await writeLexicalFile(path, { ...sorted, lengthCodes: codes, tokenCount });
    },
  };
}

function tooLarge(): DomainError {
  return new DomainError({
    kind: "too-large",
    type: "lexical-too-large",
    message: `A lexical index holds at most ${countMax} postings.`,
    remedy: "Split the dataset into several indexes.",
  });
}

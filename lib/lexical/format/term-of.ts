import { stemmer } from "stemmer";

/** The stop words of Lucene's English analyzer. */
const stopWords = new Set(
  (
    "a an and are as at be but by for if in into is it no not of on or such " +
    "that the their then there these they this to was will with"
  ).split(" "),
);

// Words this long are identifiers and encoded data, which have no ending to strip.
const stemLengthMax = 64;

/** The Porter stem under which a word is indexed and looked up; `undefined` for a stop word. */
export function termOf(word: string): string | undefined {
  if (stopWords.has(word)) return undefined;
  return word.length > stemLengthMax ? word : stemmer(word);
}

import { splitWords } from "./split-words.ts";
import { termOf } from "./term-of.ts";

/** The length of a document as its index counts it: words without stop words. */
export function countWords(text: string): number {
  let count = 0;
  splitWords(text, (word) => {
    if (termOf(word) !== undefined) count += 1;
  });
  return count;
}

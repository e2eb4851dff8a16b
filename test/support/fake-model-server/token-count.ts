/** Like a word-piece tokenizer: pieces of up to four letters, one token for each other character, two around the text. */
const piece = /[\p{L}\p{N}]{1,4}|[^\s\p{L}\p{N}]/gu;

export const specialTokens = 2;

export function countTokens(text: string): number {
  return (text.match(piece)?.length ?? 0) + specialTokens;
}

/** As much of the text as a model reads that takes so many tokens. */
export function cutToTokens(text: string, tokensMax: number): string {
  let count = specialTokens;
  for (const match of text.matchAll(piece)) {
    if (count === tokensMax) return text.slice(0, match.index);
    count += 1;
  }
  return text;
}

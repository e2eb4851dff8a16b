/** The tokens with which models mark the beginning and the end of a text. */
const specialTokens = 2;

const wordWithLetter = /\S*[\p{L}\p{N}]\S*/gu;

/** No tokenizer joins words, so a model that says it has read fewer tokens than this has not read the whole text. */
export function tokensAtLeast(text: string): number {
  return text.match(wordWithLetter)?.length ?? 0;
}

/** Longer runs of letters are no words of a language; each letter may be a token of its own. */
const wordLengthMax = 12;

/**
 * More tokens than any common tokenizer makes of the text: two letters each in words, one for each other character of
 * ASCII, and beyond that one for each byte but for the scripts of East Asia, whose characters take two at most.
 */
export function tokensAtMost(text: string): number {
  let count = specialTokens;
  let run = 0;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    const isLetter = (unit > 96 && unit < 123) || (unit > 64 && unit < 91);
    if (isLetter) {
      run += 1;
      continue;
    }
    count += wordTokens(run) + unitTokens(unit);
    run = 0;
  }
  return count + wordTokens(run);
}

function wordTokens(length: number): number {
  return length <= wordLengthMax ? Math.ceil(length / 2) : length;
}

function unitTokens(unit: number): number {
  // Spaces belong to the word behind them.
  if (unit === 32 || unit === 10) return 0;
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  const isEastAsian = unit >= 0x2e80 && unit < 0xd7b0;
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  return isEastAsian || isSurrogate ? 2 : 3;
}

// Longer runs are data, not words; Lucene's standard tokenizer cuts there too.
const wordLengthMax = 255;

const nonAscii = /[^\0-\x7f]/;
const latinMarks = /[\u0300-\u036f]/g;
const apostrophes = /[\u2018\u2019\u02bc\uff07]/g;
// Scripts that put no spaces between words give one word per character, as Lucene's standard tokenizer does for Han.
const wordPattern =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*|(?:[[\p{L}\p{N}\p{M}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]]|(?<=\p{L})'(?=\p{L}))+/gv;

/**
 * Calls `visit` with every word of `text`, lower-cased, compatibility forms unified and Latin, Greek and Cyrillic marks
 * removed. A word is a run of letters and digits; an apostrophe inside belongs to it, a possessive ending does not.
 */
export function splitWords(text: string, visit: (word: string) => void): void {
  if (!nonAscii.test(text)) {
    splitAscii(text.toLowerCase(), visit);
    return;
  }
  const folded = text
    .normalize("NFKD")
    .replace(latinMarks, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(apostrophes, "'");
  for (const [word] of folded.matchAll(wordPattern)) visitWord(word, visit);
}

const apostrophe = 0x27;

function splitAscii(text: string, visit: (word: string) => void): void {
  let start = -1;
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : 0;
    const inside =
      isLetter(code) ||
      (code >= 0x30 && code <= 0x39) ||
      (code === apostrophe && isLetter(text.charCodeAt(index - 1)) && isLetter(text.charCodeAt(index + 1)));
    if (inside) {
      if (start < 0) start = index;
    } else if (start >= 0) {
      visitWord(text.slice(start, index), visit);
      start = -1;
    }
  }
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function visitWord(word: string, visit: (word: string) => void): void {
  const bare = word.endsWith("'s") ? word.slice(0, -2) : word;
  for (let from = 0; from < bare.length; from += wordLengthMax) visit(bare.slice(from, from + wordLengthMax));
}

import { nameWords } from "../../sensitivity/name-words.ts";

/** How alike two column names are, from 0 to 1; 1 for names that differ in style only. */
export function nameSimilarity(left: string, right: string): number {
  const [leftWords, rightWords] = [nameWords(left), nameWords(right)];
  const [leftText, rightText] = [leftWords.join(""), rightWords.join("")];
  if (leftText === rightText && leftText !== "") return 1;
  return Math.max(diceOf(leftText, rightText), wordSimilarity(leftWords, rightWords));
}

/** Twice the letter pairs that both have, by all they have. */
function diceOf(left: string, right: string): number {
  const pairs = (text: string) =>
    Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));
  const rest = pairs(right);
  const total = pairs(left).length + rest.length;
  let common = 0;
  for (const pair of pairs(left)) {
    const at = rest.indexOf(pair);
    if (at < 0) continue;
    rest.splice(at, 1);
    common += 1;
  }
  return total === 0 ? 0 : (2 * common) / total;
}

/** Words count as equal where one abbreviates the other: cust, customer; qty, quantity. */
function wordSimilarity(left: readonly string[], right: readonly string[]): number {
  const rest = [...right];
  let common = 0;
  for (const word of left) {
    const at = rest.findIndex((other) => abbreviates(word, other) || abbreviates(other, word));
    if (at < 0) continue;
    rest.splice(at, 1);
    common += 1;
  }
  const total = left.length + right.length - common;
  return total === 0 ? 0 : (0.95 * common) / total;
}

/** The same first letter and all others in their order, which is how people shorten. */
function abbreviates(short: string, long: string): boolean {
  if (short === long) return true;
  if (short.length < 2 || short.length > long.length || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at === short.length;
}

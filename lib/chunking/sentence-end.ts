import { isSpace } from "./white-space.ts";

const closers = new Set([..."\"')]}»”’」』）】》"].map((mark) => mark.charCodeAt(0)));
/** Full-width marks end a sentence by themselves; the others only before white space. */
const wideTerminators = new Set([..."。！？｡"].map((mark) => mark.charCodeAt(0)));
const terminators = new Set([...".!?…؟।"].map((mark) => mark.charCodeAt(0)));
const fullStop = 0x2e;

/** Closing marks and white space looked through around a boundary; real texts have one or two. */
const lookMax = 8;

/**
 * Whether a sentence ends right before `position`: after `.`, `!`, `?` and their kin (and closing marks) in front of
 * white space, after a full-width mark, or in front of an empty line. A full stop after a single capital (`J. Smith`)
 * or before a small letter (`e.g. this`) ends nothing. It costs a few comparisons where `Intl.Segmenter` costs 100 ns a unit.
 */
export function isSentenceEnd(text: string, position: number): boolean {
  const before = text.charCodeAt(position - 1);
  const after = text.charCodeAt(position);
  if (closers.has(after) || wideTerminators.has(after)) return false;
  if (isSpace(after)) {
    if (isSpace(before)) return false;
    if (isEmptyLine(text, position)) return true;
  } else if (before < 0x80) {
    return false;
  }
  const mark = skipClosersBack(text, position - 1);
  const terminator = text.charCodeAt(mark);
  if (wideTerminators.has(terminator)) return true;
  if (!isSpace(after) || !terminators.has(terminator)) return false;
  return terminator !== fullStop || !isAbbreviation(text, { fullStop: mark, after: position });
}

function skipClosersBack(text: string, from: number): number {
  let position = from;
  while (position > 0 && from - position < lookMax && closers.has(text.charCodeAt(position))) position -= 1;
  return position;
}

function isEmptyLine(text: string, from: number): boolean {
  let lineFeeds = 0;
  for (let position = from; position < from + lookMax && isSpace(text.charCodeAt(position)); position += 1) {
    if (text.charCodeAt(position) === 0x0a) lineFeeds += 1;
  }
  return lineFeeds >= 2;
}

function isAbbreviation(text: string, span: { fullStop: number; after: number }): boolean {
  let next = span.after;
  while (next < span.after + lookMax && isSpace(text.charCodeAt(next))) next += 1;
  if (isSmall(text.charAt(next))) return true;
  return isCapital(text.charAt(span.fullStop - 1)) && !isLetter(text.charAt(span.fullStop - 2));
}

function isSmall(character: string): boolean {
  return character !== character.toUpperCase();
}

function isCapital(character: string): boolean {
  return character !== character.toLowerCase();
}

function isLetter(character: string): boolean {
  return isSmall(character) || isCapital(character);
}

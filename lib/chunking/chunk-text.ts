import { DomainError } from "../errors/domain-error.ts";
import { graphemeFloor } from "./grapheme-floor.ts";
import { isSentenceEnd } from "./sentence-end.ts";
import { isSpace } from "./white-space.ts";

export interface Chunk {
  text: string;
  /** The chunk is `text.slice(start, end)` of the whole, in UTF-16 units; it neither begins nor ends with white space. */
  start: number;
  end: number;
}

export interface ChunkOptions {
  /** Longest chunk in UTF-16 units. Only a single grapheme that is longer is cut, between code points. */
  size: number;
  /** How far a chunk may reach back into the one before it; less than `size`. */
  overlap: number;
}

/**
 * Cuts a text into overlapping chunks that together hold every character but white space, in order.
 *
 * A chunk ends after a sentence where one ends in its second half, else between words, else between graphemes. The
 * same text and options give the same chunks for ever. Throws `invalid`, `chunk-size` or `chunk-overlap`.
 */
export function chunkText(text: string, options: ChunkOptions): Chunk[] {
  return [...iterateChunks(text, options)];
}

/** The chunks of `chunkText` one by one, for texts so long that the caller wants to pause in between. */
export function* iterateChunks(text: string, options: ChunkOptions): Generator<Chunk, void, undefined> {
  checkOptions(options);
  const textEnd = skipSpaceBack(text, text.length);
  let start = skipSpace(text, 0);
  let coveredEnd = start;
  while (start < textEnd) {
    const end = findChunkEnd(text, { start, coveredEnd, textEnd, ...options });
    if (end === undefined) {
      // With its overlap this chunk could not reach past the one before; without, it can.
      start = coveredEnd;
      continue;
    }
    const trimmedEnd = skipSpaceBack(text, end);
    yield { text: text.slice(start, trimmedEnd), start, end: trimmedEnd };
    start = findNextStart(text, { start, end, overlap: options.overlap });
    coveredEnd = skipSpace(text, end);
    if (coveredEnd >= textEnd) return;
  }
}

/** A position past `coveredEnd`, so that every chunk adds something; undefined where only a chunk without overlap can. */
function findChunkEnd(
  text: string,
  span: ChunkOptions & { start: number; coveredEnd: number; textEnd: number },
): number | undefined {
  const { start, size, overlap, coveredEnd, textEnd } = span;
  const limit = start + size;
  if (textEnd <= limit) return textEnd;
  // Half of what is not overlap at least: fewer would let the number of chunks grow without need.
  const earliest = Math.max(coveredEnd + 1, start + overlap + Math.ceil((size - overlap) / 2));
  for (let end = limit; end >= earliest; end -= 1) {
    if (isSentenceEnd(text, end)) return end;
  }
  for (let end = limit; end >= earliest; end -= 1) {
    if (isSpace(text.charCodeAt(end)) && !isSpace(text.charCodeAt(end - 1))) return end;
  }
  const floor = graphemeFloor(text, { from: start, position: limit });
  if (floor > coveredEnd) return floor;
  return start < coveredEnd ? undefined : codePointCut(text, { start, limit });
}

/** Past `start` and not past the first character that the chunk before did not hold. */
function findNextStart(text: string, span: { start: number; end: number; overlap: number }): number {
  const { start, end, overlap } = span;
  if (overlap === 0) return skipSpace(text, end);
  const earliest = Math.max(start + 1, end - overlap);
  for (let position = earliest; position < end; position += 1) {
    if (!isSentenceEnd(text, position)) continue;
    const next = skipSpace(text, position);
    if (next < end) return next;
  }
  for (let position = earliest; position < end; position += 1) {
    if (isSpace(text.charCodeAt(position - 1)) && !isSpace(text.charCodeAt(position))) return position;
  }
  const floor = graphemeFloor(text, { from: start, position: earliest });
  return skipSpace(text, floor > start ? floor : end);
}

function checkOptions({ size, overlap }: ChunkOptions): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new DomainError({
      kind: "invalid",
      type: "chunk-size",
      message: `A chunk cannot be ${size} characters long.`,
      field: "chunk_size",
      remedy: "Give a whole number of at least 1.",
    });
  }
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap >= size) {
    throw new DomainError({
      kind: "invalid",
      type: "chunk-overlap",
      message: `Chunks of ${size} characters cannot overlap by ${overlap}.`,
      field: "overlap",
      remedy: "Give a whole number from 0 to less than the chunk size.",
    });
  }
}

function skipSpace(text: string, from: number): number {
  let position = from;
  while (position < text.length && isSpace(text.charCodeAt(position))) position += 1;
  return position;
}

function skipSpaceBack(text: string, from: number): number {
  let position = from;
  while (position > 0 && isSpace(text.charCodeAt(position - 1))) position -= 1;
  return position;
}

/** The limit, or beside it where it stands between the halves of a surrogate pair. */
function codePointCut(text: string, { start, limit }: { start: number; limit: number }): number {
  const high = text.charCodeAt(limit - 1);
  const low = text.charCodeAt(limit);
  const inPair = high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
  if (!inPair) return limit;
  return limit - 1 > start ? limit - 1 : limit + 1;
}

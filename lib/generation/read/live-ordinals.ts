import type { RowFilter } from "../../vector/vector-index.ts";
import { copyBits, countBits } from "../format/bit-runs.ts";

export interface SegmentShape {
  /** Chunks in it, dead ones included. */
  chunkCount: number;
  /** Places of its dead chunks, ascending. */
  dead: Uint32Array;
}

/**
 * The ordinals of a generation: its living chunks, numbered without gaps, one segment after the other. A chunk's place
 * is its number within its segment, which counts the dead ones too.
 */
export interface LiveOrdinals {
  readonly count: number;
  locate(ordinal: number): { segment: number; place: number };
  /** The ordinal of a living chunk. */
  ordinalOf(segment: number, place: number): number;
  isDead(segment: number, place: number): boolean;
  /** A filter over ordinals as one over the places of each segment; remembered for as long as the filter lives. */
  narrow(filter: RowFilter): readonly RowFilter[];
  /** The reverse; places that are dead do not count. */
  widen(filters: readonly RowFilter[], where: string): RowFilter;
}

export function createLiveOrdinals(segments: readonly SegmentShape[]): LiveOrdinals {
  const starts: number[] = [];
  let count = 0;
  for (const { chunkCount, dead } of segments) {
    starts.push(count);
    count += chunkCount - dead.length;
  }
  const narrowed = new WeakMap<Uint32Array, readonly RowFilter[]>();
  return {
    count,
    locate(ordinal) {
      let segment = 0;
      while (segment + 1 < starts.length && starts[segment + 1]! <= ordinal) segment += 1;
      return { segment, place: placeOf(segments[segment]!.dead, ordinal - starts[segment]!) };
    },
    ordinalOf(segment, place) {
      return starts[segment]! + place - firstAtLeast(segments[segment]!.dead, place);
    },
    isDead(segment, place) {
      const { dead } = segments[segment]!;
      return dead[firstAtLeast(dead, place)] === place;
    },
    narrow(filter) {
      const known = narrowed.get(filter.bits);
      if (known !== undefined) return known;
      const filters = segments.map((shape, segment) => narrowOne(filter, shape, starts[segment]!));
      narrowed.set(filter.bits, filters);
      return filters;
    },
    widen(filters, where) {
      const bits = new Uint32Array((count + 31) >>> 5);
      segments.forEach((shape, segment) => {
        for (const { place, ordinal, length } of livingRuns(shape)) {
          const source = { bits: filters[segment]!.bits, start: place };
          copyBits(source, { bits, start: starts[segment]! + ordinal }, length);
        }
      });
      return { bits, matchCount: countBits(bits), where };
    },
  };
}

function narrowOne({ bits: source, where }: RowFilter, shape: SegmentShape, start: number): RowFilter {
  const bits = new Uint32Array((shape.chunkCount + 31) >>> 5);
  for (const { place, ordinal, length } of livingRuns(shape)) {
    copyBits({ bits: source, start: start + ordinal }, { bits, start: place }, length);
  }
  return { bits, matchCount: countBits(bits), where };
}

/** Stretches without a dead chunk: where they begin among all chunks of the segment, and among its living ones. */
function* livingRuns({ chunkCount, dead }: SegmentShape) {
  let place = 0;
  for (let index = 0; index <= dead.length; index++) {
    const end = dead[index] ?? chunkCount;
    if (end > place) yield { place, ordinal: place - index, length: end - place };
    place = end + 1;
  }
}

/** The place of the n-th living chunk: as many further on as dead ones come before it. */
function placeOf(dead: Uint32Array, living: number): number {
  let low = 0;
  let high = dead.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (dead[middle]! - middle <= living) low = middle + 1;
    else high = middle;
  }
  return living + low;
}

function firstAtLeast(ascending: Uint32Array, wanted: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const segmentBits = 18;
const segmentLength = 1 << segmentBits;
const segmentMask = segmentLength - 1;

/** Numbers in segments of 262,144: grows without ever copying, which keeps the peak of a build at its final size. */
export interface GrowingArray {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
  set(index: number, value: number): void;
}

export function createGrowingArray(
  Segment: Uint32ArrayConstructor | Uint16ArrayConstructor | Uint8ArrayConstructor,
): GrowingArray {
  const segments: (Uint32Array | Uint16Array | Uint8Array)[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if ((length & segmentMask) === 0) segments.push(new Segment(segmentLength));
      segments[length >>> segmentBits]![length & segmentMask] = value;
      length += 1;
    },
    at: (index) => segments[index >>> segmentBits]![index & segmentMask]!,
    set(index, value) {
      segments[index >>> segmentBits]![index & segmentMask] = value;
    },
  };
}

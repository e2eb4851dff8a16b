import { jsonDepthMax } from "./json-limits.ts";

const quote = 34;
const backslash = 92;
const comma = 44;

/** Where a scan of one JSON value stands; it goes on over any number of pieces. */
export interface ValueScan {
  depth: number;
  depthMax: number;
  inString: boolean;
  escaped: boolean;
}

export function newValueScan(): ValueScan {
  return { depth: 0, depthMax: 0, inString: false, escaped: false };
}

/**
 * Looks for the `,` or `]` after an array's element, from `start`: answers its offset, or `end` where it is not there.
 * Only brackets and strings are told apart here, so that nothing recurses; the element is parsed strictly afterwards.
 */
export function scanElement(bytes: Uint8Array, start: number, end: number, scan: ValueScan): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (scan.inString) {
      if (scan.escaped) scan.escaped = false;
      else if (byte === backslash) scan.escaped = true;
      else if (byte === quote) scan.inString = false;
    } else if (byte === quote) scan.inString = true;
    else if (byte === 91 || byte === 123) {
      scan.depth += 1;
      if (scan.depth > scan.depthMax) scan.depthMax = scan.depth;
    } else if (byte === 93 || byte === 125) {
      if (scan.depth === 0 && byte === 93) return at;
      scan.depth -= 1;
      // A stray closing brace belongs to the element, whose parsing will refuse it.
      if (scan.depth < 0) scan.depth = 0;
    } else if (byte === comma && scan.depth === 0) return at;
  }
  return end;
}

/** How deep brackets are nested in a text, counted without recursion; stops counting past the limit. */
export function nestingDepth(bytes: Uint8Array): number {
  const scan = newValueScan();
  let at = 0;
  while (at < bytes.length && scan.depthMax <= jsonDepthMax)
    at = scanElement(bytes, at, bytes.length, scan) + 1;
  return scan.depthMax;
}

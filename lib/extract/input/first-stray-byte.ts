import { isUtf8 } from "node:buffer";

/** Offset of the first byte that is not UTF-8; undefined where all are. */
export function firstStrayByte(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes)) return undefined;
  // The longest valid prefix by halving: a prefix cut inside a character is short of it by at most three bytes.
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 4) {
    const middle = (valid + invalid) >> 1;
    const cut = lastBoundary(bytes, valid, middle);
    if (cut > valid && isUtf8(bytes.subarray(valid, cut))) valid = cut;
    else invalid = middle;
  }
  return valid + strayWithin(bytes.subarray(valid));
}

/** The last offset in (from, to] at which a character begins. */
function lastBoundary(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && to - at < 4 && (bytes[at]! & 0xc0) === 0x80) at -= 1;
  return at;
}

function strayWithin(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

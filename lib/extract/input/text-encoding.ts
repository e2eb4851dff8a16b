import { isUtf8 } from "node:buffer";

export type TextEncodingName = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

export interface DetectedEncoding {
  encoding: TextEncodingName;
  /** Length of the byte order mark, 0 without one. */
  markBytes: number;
}

/**
 * Tells a text's encoding from its first bytes, or from all of them. UTF-16 without a mark is known by its zero bytes; whatever is not UTF-8
 * and not UTF-16 is taken for Windows-1252, which reads every latin-1 file.
 */
export function detectEncoding(head: Uint8Array, extent: "head" | "whole" = "head"): DetectedEncoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", markBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", markBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", markBytes: 2 };
  const wide = detectWide(head);
  if (wide !== undefined) return { encoding: wide, markBytes: 0 };
  if (isUtf8(extent === "whole" ? head : trimPartialCharacter(head)) || hasUtf8Sequence(head))
    return { encoding: "utf-8", markBytes: 0 };
  return { encoding: "windows-1252", markBytes: 0 };
}

/** Latin text in UTF-16 has a zero in nearly every second byte and almost none between them. */
function detectWide(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const length = Math.min(head.length, 4096) & ~1;
  if (length < 4) return undefined;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < length; at += 2) {
    if (head[at] === 0) even += 1;
    if (head[at + 1] === 0) odd += 1;
  }
  const most = (length / 2) * 0.7;
  if (odd >= most && even <= odd / 20) return "utf-16le";
  if (even >= most && odd <= even / 20) return "utf-16be";
  return undefined;
}

/** A head may end inside a character; that does not make it another encoding. */
export function trimPartialCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/**
 * Whether non-ASCII bytes form UTF-8 sequences more often than not: then stray bytes are damage to be reported, and not
 * a sign of Windows-1252, in which such sequences hardly occur.
 */
function hasUtf8Sequence(head: Uint8Array): boolean {
  let sequences = 0;
  let strays = 0;
  for (let at = 0; at < head.length; at++) {
    const byte = head[at]!;
    if (byte < 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    if (length > 0 && isUtf8(head.subarray(at, at + length)) && at + length <= head.length) {
      sequences += 1;
      at += length - 1;
    } else strays += 1;
  }
  return sequences > strays;
}

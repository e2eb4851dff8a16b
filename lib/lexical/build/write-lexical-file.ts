import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { headerFields, type LexicalCounts, lexicalFormat, lexicalLayout } from "../format/lexical-layout.ts";
import type { SortedPostings } from "./sort-postings.ts";

type LexicalContent = SortedPostings & { lengthCodes: Uint8Array; tokenCount: number };

/** Writes all sections in the order of the layout, and the header last, when the checksum is known. */
export async function writeLexicalFile(path: string, content: LexicalContent): Promise<void> {
  const { termStarts, termBytes } = encodeTerms(content.terms);
  const counts = {
    documentCount: content.lengthCodes.length,
    termCount: content.terms.length,
    postingCount: content.ordinals.length,
    termByteCount: termBytes.length,
  };
  const layout = lexicalLayout(counts);
  const header = encodeHeader(counts, layout.byteLength, content.tokenCount);
  const file = await open(path, "w");
  try {
    const sections: [number, NodeJS.TypedArray][] = [
      [layout.termStarts, termStarts],
      [layout.postingStarts, content.postingStarts],
      [layout.ordinals, content.ordinals],
      [layout.frequencies, content.frequencies],
      [layout.lengthCodes, content.lengthCodes],
      [layout.termBytes, termBytes],
      [layout.byteLength, new Uint8Array()],
    ];
    let checksum = crc32(header.subarray(headerFields.byteLength));
    let end: number = lexicalFormat.headerBytes;
    for (const [start, values] of sections) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      checksum = await writeAt(file, new Uint8Array(start - end), end, checksum);
      checksum = await writeAt(file, bytes, start, checksum);
      end = start + bytes.length;
    }
    header.writeUInt32LE(checksum, headerFields.crc32);
    await writeAt(file, header, 0, 0);
  } finally {
    await file.close();
  }
}

function encodeTerms(terms: readonly string[]): { termStarts: Uint32Array; termBytes: Buffer } {
  const termStarts = new Uint32Array(terms.length + 1);
  terms.forEach((term, rank) => {
    termStarts[rank + 1] = termStarts[rank]! + Buffer.byteLength(term);
  });
  const termBytes = Buffer.alloc(termStarts[terms.length]!);
  terms.forEach((term, rank) => {
    termBytes.write(term, termStarts[rank]!);
  });
  return { termStarts, termBytes };
}

function encodeHeader(counts: LexicalCounts, byteLength: number, tokenCount: number): Buffer {
  const header = Buffer.alloc(lexicalFormat.headerBytes);
  header.write(lexicalFormat.magic, headerFields.magic, "latin1");
  header.writeUInt32LE(lexicalFormat.version, headerFields.version);
  header.writeDoubleLE(byteLength, headerFields.byteLength);
  header.writeUInt32LE(counts.documentCount, headerFields.documentCount);
  header.writeUInt32LE(counts.termCount, headerFields.termCount);
  header.writeUInt32LE(counts.postingCount, headerFields.postingCount);
  header.writeUInt32LE(counts.termByteCount, headerFields.termByteCount);
  header.writeDoubleLE(tokenCount, headerFields.tokenCount);
  return header;
}

async function writeAt(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  checksum: number,
): Promise<number> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
  return crc32(bytes, checksum);
}

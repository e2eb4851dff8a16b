/** Counts that fix the place of every section. */
export interface LexicalCounts {
  documentCount: number;
  termCount: number;
  postingCount: number;
  termByteCount: number;
}

/** Version 1 of `lexical.bin`. A change of the word splitting, the stems or the layout needs another number. */
export const lexicalFormat = { magic: "LAKELEX1", version: 1, headerBytes: 64 } as const;

/** What u32 can count: postings and bytes of terms beyond it need a second index. */
export const countMax = 2 ** 32 - 1;

/** Byte positions of the header's little-endian fields; the checksum covers everything behind it. */
export const headerFields = {
  magic: 0,
  version: 8,
  crc32: 12,
  byteLength: 16,
  documentCount: 24,
  termCount: 28,
  postingCount: 32,
  termByteCount: 36,
  tokenCount: 40,
} as const;

export interface LexicalLayout {
  /** u32 × (terms + 1): where each term's UTF-8 begins. Terms ascend by UTF-16 code units. */
  termStarts: number;
  /** u32 × (terms + 1): where each term's postings begin. */
  postingStarts: number;
  /** u32 × postings: documents of each term, ascending. */
  ordinals: number;
  /** u16 × postings: how often the term stands in the document, at most 65,535. */
  frequencies: number;
  /** u8 × documents: how many words each document has without its stop words, coded as in `length-byte.ts`. */
  lengthCodes: number;
  /** UTF-8 of all terms. */
  termBytes: number;
  byteLength: number;
}

/** Sections follow each other, each aligned to 8 bytes, so that all can be viewed over one buffer. */
export function lexicalLayout(counts: LexicalCounts): LexicalLayout {
  let end: number = lexicalFormat.headerBytes;
  const section = (bytes: number) => {
    const start = end;
    end = Math.ceil((start + bytes) / 8) * 8;
    return start;
  };
  return {
    termStarts: section(4 * (counts.termCount + 1)),
    postingStarts: section(4 * (counts.termCount + 1)),
    ordinals: section(4 * counts.postingCount),
    frequencies: section(2 * counts.postingCount),
    lengthCodes: section(counts.documentCount),
    termBytes: section(counts.termByteCount),
    byteLength: end,
  };
}

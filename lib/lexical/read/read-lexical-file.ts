import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { DomainError } from "../../errors/domain-error.ts";
import { headerFields, lexicalFormat, lexicalLayout } from "../format/lexical-layout.ts";

export interface LexicalFile {
  documentCount: number;
  termCount: number;
  /** Words in all documents together. */
  tokenCount: number;
  termStarts: Uint32Array;
  postingStarts: Uint32Array;
  ordinals: Uint32Array;
  frequencies: Uint16Array;
  lengthCodes: Uint8Array;
  termBytes: Buffer;
}

// Checking 4 MiB takes about a millisecond, and reading them does not block at all.
const pieceBytes = 4 * 1024 * 1024;

/** Reads the whole file into one buffer and views its sections. Anything amiss gives `lexical-damaged`. */
export async function readLexicalFile(path: string): Promise<LexicalFile> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw damaged(`${path} cannot be opened.`, cause);
  });
  try {
    const { size } = await file.stat();
    if (size < lexicalFormat.headerBytes) throw damaged(`${path} is cut short.`);
    const header = Buffer.alloc(lexicalFormat.headerBytes);
    await file.read(header, 0, header.length, 0);
    const expectedBytes = checkHeader(header, path);
    if (size !== expectedBytes) throw damaged(`${path} has ${size} bytes instead of ${expectedBytes}.`);
    const bytes = await readChecked(file, size, header.readUInt32LE(headerFields.crc32), path);
    return viewSections(bytes, path);
  } finally {
    await file.close();
  }
}

function checkHeader(header: Buffer, path: string): number {
  const magic = header.toString(
    "latin1",
    headerFields.magic,
    headerFields.magic + lexicalFormat.magic.length,
  );
  const version = header.readUInt32LE(headerFields.version);
  if (magic !== lexicalFormat.magic || version !== lexicalFormat.version) {
    throw damaged(`${path} is not a lexical index of version ${lexicalFormat.version}.`);
  }
  const { byteLength } = lexicalLayout(countsOf(header));
  if (header.readDoubleLE(headerFields.byteLength) !== byteLength) {
    throw damaged(`The header of ${path} contradicts itself.`);
  }
  return byteLength;
}

function countsOf(header: Buffer) {
  return {
    documentCount: header.readUInt32LE(headerFields.documentCount),
    termCount: header.readUInt32LE(headerFields.termCount),
    postingCount: header.readUInt32LE(headerFields.postingCount),
    termByteCount: header.readUInt32LE(headerFields.termByteCount),
  };
}

async function readChecked(file: FileHandle, size: number, expected: number, path: string): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(size));
  let checksum = 0;
  for (let position = 0; position < size; ) {
    const length = Math.min(pieceBytes, size - position);
    const { bytesRead } = await file.read(bytes, position, length, position);
    if (bytesRead === 0) throw damaged(`${path} is cut short.`);
    const from = Math.max(position, headerFields.byteLength);
    checksum = crc32(bytes.subarray(from, Math.max(from, position + bytesRead)), checksum);
    position += bytesRead;
  }
  if (checksum !== expected) throw damaged(`The content of ${path} does not match its checksum.`);
  return bytes;
}

function viewSections(bytes: Buffer, path: string): LexicalFile {
  const counts = countsOf(bytes);
  const { documentCount, termCount, postingCount, termByteCount } = counts;
  const layout = lexicalLayout(counts);
  const u32 = (start: number, length: number) => new Uint32Array(bytes.buffer, start, length);
  const termStarts = u32(layout.termStarts, termCount + 1);
  const postingStarts = u32(layout.postingStarts, termCount + 1);
  if (termStarts[termCount] !== termByteCount || postingStarts[termCount] !== postingCount) {
    throw damaged(`The dictionary of ${path} contradicts its header.`);
  }
  return {
    documentCount,
    termCount,
    tokenCount: bytes.readDoubleLE(headerFields.tokenCount),
    termStarts,
    postingStarts,
    ordinals: u32(layout.ordinals, postingCount),
    frequencies: new Uint16Array(bytes.buffer, layout.frequencies, postingCount),
    lengthCodes: bytes.subarray(layout.lengthCodes, layout.lengthCodes + documentCount),
    termBytes: bytes.subarray(layout.termBytes, layout.termBytes + termByteCount),
  };
}

function damaged(message: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "lexical-damaged",
    message,
    remedy: "Roll back to another generation, or build this one again.",
    cause,
  });
}

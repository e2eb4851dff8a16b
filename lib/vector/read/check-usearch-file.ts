import { type FileHandle, open } from "node:fs/promises";
import { usearchScalars } from "../format/usearch-settings.ts";
import type { HnswParameters } from "../index-parameters.ts";
import { damagedIndex } from "./vector-index-errors.ts";

const headBytes = 64;
const graphHeaderBytes = 40;

/**
 * Compares a usearch file with the manifest and with its own length, computed from the levels it lists: mapping a file
 * that is shorter than it claims kills the process. Flipped bytes inside are for the generation's checksum to find.
 */
export async function checkUsearchFile(
  path: string,
  parameters: HnswParameters,
  dimension: number,
  vectorCount: number,
): Promise<void> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw damagedIndex(`${path} cannot be opened.`, cause);
  });
  try {
    const { code, valueBytes } = usearchScalars[parameters.quantization];
    const matrixBytes = 8 + vectorCount * dimension * valueBytes;
    const matrix = await readAt(file, 0, 8, path);
    const head = await readAt(file, matrixBytes, headBytes + graphHeaderBytes, path);
    const facts = [
      matrix.getUint32(0, true) === vectorCount,
      matrix.getUint32(4, true) === dimension * valueBytes,
      Buffer.from(head.buffer, head.byteOffset, 7).toString("latin1") === "usearch",
      head.getUint8(14) === code,
      head.getBigUint64(17, true) === BigInt(vectorCount),
      head.getBigUint64(33, true) === BigInt(dimension),
      head.getBigUint64(headBytes, true) === BigInt(vectorCount),
    ];
    if (facts.includes(false)) throw damagedIndex(`The header of ${path} does not fit the manifest.`);
    const levelsAt = matrixBytes + headBytes + graphHeaderBytes;
    const levels = await readAt(file, levelsAt, vectorCount * 2, path);
    const expected = levelsAt + vectorCount * 2 + nodeBytes(head, levels, vectorCount);
    const { size } = await file.stat();
    if (size !== expected) throw damagedIndex(`${path} has ${size} bytes instead of ${expected}.`);
  } finally {
    await file.close();
  }
}

/** A node is a key, its level, and one counted neighbour list for the base and for every level above. */
function nodeBytes(head: DataView, levels: DataView, vectorCount: number): number {
  const neighbourBytes = 4 + 4 * Number(head.getBigUint64(headBytes + 8, true));
  const baseBytes = 8 + 2 + 4 + 4 * Number(head.getBigUint64(headBytes + 16, true));
  let bytes = vectorCount * baseBytes;
  for (let slot = 0; slot < vectorCount; slot++) bytes += levels.getInt16(slot * 2, true) * neighbourBytes;
  return bytes;
}

async function readAt(file: FileHandle, position: number, length: number, path: string): Promise<DataView> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw damagedIndex(`${path} is cut short.`);
  return new DataView(buffer.buffer, buffer.byteOffset, length);
}

import { readFile } from "node:fs/promises";
import { damagedGeneration } from "../read-manifest.ts";

/** The dead chunks of a segment, by their places in it: ascending u32, little-endian. Absent where all are alive. */
export function deadFile(segmentFolder: string): string {
  return `dead/${segmentFolder.slice(segmentFolder.lastIndexOf("/") + 1)}.bin`;
}

export function encodePlaces(places: Uint32Array): Uint8Array {
  return new Uint8Array(places.buffer, places.byteOffset, places.byteLength);
}

/** Reads such a file, which must be as the manifest says: `corrupt`, `generation-damaged` if it is not. */
export async function readPlaces(
  path: string,
  expected: { count: number; below: number },
): Promise<Uint32Array> {
  const bytes = await readFile(path);
  const places = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const ascends = places.every((place, index) => index === 0 || places[index - 1]! < place);
  if (ascends && places.length === expected.count && (places.at(-1) ?? -1) < expected.below) return places;
  throw damagedGeneration(path, `does not name ${expected.count} chunks of a segment`);
}

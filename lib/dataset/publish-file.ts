import { stat } from "node:fs/promises";
import { checksumFile } from "../storage/checksum.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface PublishedFile {
  key: string;
  byteCount: number;
  checksum: string;
}

/** Twelve hexadecimal digits tell a handful of attempts of one write apart; the checksum itself is in the manifest. */
const digitCount = 12;

/**
 * Moves a file to `<prefix><ingestId>-<its checksum's first digits><extension>`. The same write may run twice and
 * stage different bytes, and neither run may touch what the other one is about to commit.
 */
export async function publishFile(options: {
  store: ObjectStore;
  path: string;
  prefix: string;
  ingestId: string;
  extension: ".parquet" | ".jsonl";
  signal?: AbortSignal | undefined;
}): Promise<PublishedFile> {
  const { store, path, prefix, ingestId, extension, signal } = options;
  const checksum = await checksumFile(path, signal === undefined ? {} : { signal });
  const { size: byteCount } = await stat(path);
  const digits = checksum.slice(checksum.indexOf(":") + 1).slice(0, digitCount);
  const key = `${prefix}${ingestId}-${digits}${extension}`;
  await store.publish(path, key);
  return { key, byteCount, checksum };
}

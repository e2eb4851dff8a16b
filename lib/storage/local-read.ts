import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "./error-code.ts";
import { assertFolderPrefix, assertKey, assertPrefix, compareKeys, stagingName } from "./key.ts";
import { existingPath, type LocalBucket } from "./local-bucket.ts";
import { invalidRange, objectMissing, objectOutside } from "./object-errors.ts";
import type { ObjectEntry } from "./object-store.ts";

/** Sizes asked for at a time in a listing: enough to fill libuv's threads, and nothing to hold in memory. */
const statWidth = 64;

/**
 * The kernel gives a document of this size in 50 µs. By way of a thread each of the seven steps of an open, a read and a
 * close takes 100, and a turn of the event loop on a server that answers searches: a promotion reads four documents.
 */
const smallBytesMax = 262_144;

export async function getLocal(bucket: LocalBucket, key: string): Promise<Uint8Array> {
  assertKey(key);
  const small = readSmall(path.join(bucket.root, key));
  if (small !== undefined) return small;
  await using handle = await openObject(bucket, key);
  return await handle.readFile();
}

export async function getLocalRange(
  bucket: LocalBucket,
  key: string,
  range: { offset: number; length: number },
): Promise<Uint8Array> {
  const { offset, length } = range;
  if (!isCount(offset) || !isCount(length)) throw invalidRange(key);
  await using handle = await openObject(bucket, key);
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

export async function sizeLocal(bucket: LocalBucket, key: string): Promise<number | undefined> {
  assertKey(key);
  // Every search looks for the commit after the newest, which is hardly ever there. The kernel says so in 3 µs; by way
  // of a thread it takes 100, and more on a busy machine.
  const size = sizeAtOnce(path.join(bucket.root, key));
  if (size !== "unclear") return size;
  const file = await existingPath(bucket, key);
  return file === undefined ? undefined : fileSize(file);
}

/** Undefined where the object is large, or where the thorough look that follows has to say what is there. */
function readSmall(file: string): Uint8Array | undefined {
  const size = sizeAtOnce(file);
  if (size === undefined || size === "unclear" || size > smallBytesMax) return undefined;
  try {
    // A copy, for the bytes of a short file lie somewhere in a buffer that others share.
    return new Uint8Array(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** `unclear` where it cannot be told; the thorough look that follows reports why. */
function sizeAtOnce(file: string): number | undefined | "unclear" {
  try {
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    return status.isFile() && realpathSync.native(file) === file ? status.size : "unclear";
  } catch {
    return "unclear";
  }
}

export async function* listLocal(bucket: LocalBucket, prefix: string): AsyncIterable<ObjectEntry> {
  assertPrefix(prefix);
  const folderEnd = prefix.lastIndexOf("/") + 1;
  const folderKey = prefix.slice(0, folderEnd);
  const folder = await existingPath(bucket, folderKey.slice(0, -1));
  if (folder !== undefined) yield* listFolder(bucket, folderKey, prefix.slice(folderEnd));
}

export async function listLocalFolders(bucket: LocalBucket, prefix: string): Promise<string[]> {
  assertFolderPrefix(prefix);
  const folder = await existingPath(bucket, prefix.slice(0, -1));
  if (folder === undefined) return [];
  const keys = await folderKeys(bucket, prefix, "");
  return keys.filter((key) => key.endsWith("/")).map((key) => key.slice(prefix.length, -1));
}

/** `folderKey` is empty or ends with `/`; only names that begin with `start` are listed. */
async function* listFolder(
  bucket: LocalBucket,
  folderKey: string,
  start: string,
): AsyncIterable<ObjectEntry> {
  const keys = await folderKeys(bucket, folderKey, start);
  for (let offset = 0; offset < keys.length; offset += statWidth) {
    const block = keys.slice(offset, offset + statWidth);
    const sizes = await Promise.all(
      block.map((key) => (key.endsWith("/") ? undefined : fileSize(path.join(bucket.root, key)))),
    );
    for (const [index, key] of block.entries()) {
      const size = sizes[index];
      if (key.endsWith("/")) yield* listFolder(bucket, key, "");
      else if (size !== undefined) yield { key, size };
    }
  }
}

/** Keys of a folder's entries, ascending; those of folders end with `/`, which puts them where their objects belong. */
async function folderKeys(bucket: LocalBucket, folderKey: string, start: string): Promise<string[]> {
  const keys: string[] = [];
  for (const entry of await readFolder(path.join(bucket.root, folderKey))) {
    const key = folderKey + entry.name;
    if (!entry.name.startsWith(start) || key === stagingName) continue;
    if (!entry.isFile() && !entry.isDirectory()) throw objectOutside(bucket.name, key);
    keys.push(entry.isDirectory() ? `${key}/` : key);
  }
  return keys.sort(compareKeys);
}

/** A folder that is removed during the listing, or was an object all along, has no entries. */
async function readFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

async function openObject(bucket: LocalBucket, key: string): Promise<FileHandle> {
  assertKey(key);
  const file = await existingPath(bucket, key);
  if (file === undefined || (await fileSize(file)) === undefined) throw objectMissing(bucket.name, key);
  try {
    return await open(file, "r");
  } catch (error) {
    throw hasCode(error, "ENOENT") ? objectMissing(bucket.name, key) : error;
  }
}

async function fileSize(file: string): Promise<number | undefined> {
  try {
    const status = await lstat(file);
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { lstat, mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder } from "./durable-file.ts";
import { hasCode } from "./error-code.ts";
import { assertKey, stagingName } from "./key.ts";
import { keyOverlap, objectOutside } from "./object-errors.ts";

/** The state that the parts of one local store share. */
export interface LocalBucket {
  name: string;
  /** Absolute, without symbolic links. */
  root: string;
  /** Folders whose own entry this process knows to be on disk; forgetting one costs a few syncs. */
  settledFolders: Set<string>;
}

/** A few hundred bytes each, and a bucket has a handful of folders for every dataset and generation. */
const settledFoldersMax = 4096;

/** Another process may remove an emptied folder while we fill it; more often than this is a defect. */
const placeTriesMax = 5;

/** A path on the bucket's own disk, from which a rename into the bucket is atomic. */
export function stagingPath(bucket: LocalBucket, suffix: string): string {
  return path.join(bucket.root, stagingName, `${randomUUID()}${suffix}`);
}

/** The path of an existing object or folder, or undefined. A symbolic link on the way is refused. */
export async function existingPath(bucket: LocalBucket, key: string): Promise<string | undefined> {
  const target = path.join(bucket.root, key);
  try {
    // Names that the kernel has met take it 5 µs, and a thread a turn of the event loop.
    const real = realpathSync.native(target);
    if (real !== target) throw objectOutside(bucket.name, key);
    return target;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    if (hasCode(error, "ELOOP")) throw objectOutside(bucket.name, key);
    throw error;
  }
}

/** Runs `place` with the key's path, whose folder exists and is durable, and syncs that folder afterwards. */
export async function placeInFolder<Result>(
  bucket: LocalBucket,
  key: string,
  place: (target: string) => Promise<Result>,
): Promise<Result> {
  assertKey(key);
  const target = path.join(bucket.root, key);
  for (let tries = 1; ; tries += 1) {
    try {
      await settleFolder(bucket, key);
      const result = await place(target);
      await syncFolder(path.dirname(target));
      return result;
    } catch (error) {
      forgetFolders(bucket, path.dirname(target));
      if (!hasCode(error, "ENOENT") || tries === placeTriesMax) throw diskError(error);
    }
  }
}

/** Forgets what is known of a folder, of those below it and of those above it. */
export function forgetFolders(bucket: LocalBucket, folder: string): void {
  for (const settled of bucket.settledFolders) {
    if (`${settled}/`.startsWith(`${folder}/`) || `${folder}/`.startsWith(`${settled}/`)) {
      bucket.settledFolders.delete(settled);
    }
  }
}

/** Creates the folders above a key, each one's entry synced before anything is placed in it. */
async function settleFolder(bucket: LocalBucket, key: string): Promise<void> {
  const segments = key.split("/").slice(0, -1);
  const folder = path.join(bucket.root, ...segments);
  if (bucket.settledFolders.has(folder)) {
    if ((await existingPath(bucket, segments.join("/"))) !== undefined) return;
    forgetFolders(bucket, folder);
  }
  let parent = bucket.root;
  for (const segment of segments) {
    await enterFolder(bucket, path.join(parent, segment), key);
    parent = path.join(parent, segment);
  }
  if (bucket.settledFolders.size >= settledFoldersMax) bucket.settledFolders.clear();
  bucket.settledFolders.add(folder);
}

/** Another process may have made the folder and not synced it yet, so its parent is synced whoever made it. */
async function enterFolder(bucket: LocalBucket, folder: string, key: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw diskError(error);
    const status = await lstat(folder);
    if (status.isSymbolicLink()) throw objectOutside(bucket.name, key);
    if (!status.isDirectory()) throw keyOverlap(bucket.name, key);
  }
  if (!bucket.settledFolders.has(folder)) await syncFolder(path.dirname(folder));
}

/** The bucket of a folder that is created, durably, if it is missing. */
export async function openLocalBucket(name: string, folder: string): Promise<LocalBucket> {
  const absolute = path.resolve(folder);
  await createFolderDurable(path.join(absolute, stagingName));
  return { name, root: await realpath(absolute), settledFolders: new Set() };
}

/** Creates a folder and those above it; the entry of each one that was missing is synced. */
export async function createFolderDurable(folder: string): Promise<void> {
  try {
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    for (let created = folder; created.length >= first.length; created = path.dirname(created)) {
      await syncFolder(path.dirname(created));
    }
  } catch (error) {
    if (hasCode(error, "ENOTDIR", "EEXIST", "EACCES", "EPERM", "EROFS")) {
      throw new DomainError({
        kind: "unavailable",
        type: "folder-unusable",
        message: `The folder ${folder} cannot be created.`,
        remedy: "Name a folder in which this user may write.",
        cause: error,
      });
    }
    throw diskError(error);
  }
}

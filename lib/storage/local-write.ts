import { link, lstat, rename, rm, unlink } from "node:fs/promises";
import path from "node:path";
import { syncFolder, writeNewFile } from "./durable-file.ts";
import { hasCode } from "./error-code.ts";
import { failpoint } from "./failpoint.ts";
import { assertFolderPrefix, assertKey } from "./key.ts";
import { existingPath, forgetFolders, type LocalBucket, placeInFolder, stagingPath } from "./local-bucket.ts";
import { keyOverlap } from "./object-errors.ts";

export async function putLocal(
  bucket: LocalBucket,
  key: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  await withStagedFile(bucket, key, content, (staged) =>
    placeInFolder(bucket, key, async (target) => {
      failpoint("storage.before-rename");
      await renameFile(bucket, key, staged, target);
      failpoint("storage.after-rename");
    }),
  );
}

/** Either way the key's folder is synced afterwards, so a loser may rely on what the winner wrote. */
export function putLocalIfAbsent(bucket: LocalBucket, key: string, content: Uint8Array): Promise<boolean> {
  return withStagedFile(bucket, key, content, (staged) =>
    placeInFolder(bucket, key, async (target) => {
      failpoint("storage.before-link");
      const created = await linkFile(bucket, key, staged, target);
      failpoint("storage.after-link");
      return created;
    }),
  );
}

/** Gives the file the key's name; false where an object has it already. */
export async function linkFile(
  bucket: LocalBucket,
  key: string,
  source: string,
  target: string,
): Promise<boolean> {
  try {
    await link(source, target);
    return true;
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    if ((await lstat(target)).isDirectory()) throw keyOverlap(bucket.name, key);
    return false;
  }
}

export async function deleteLocal(bucket: LocalBucket, key: string): Promise<void> {
  assertKey(key);
  const file = await existingPath(bucket, key);
  if (file === undefined) return;
  try {
    await unlink(file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    // Linux says EISDIR for a folder, POSIX and macOS EPERM; a folder is no object.
    if (!hasCode(error, "ENOENT", "EISDIR", "EPERM")) throw error;
  }
}

/** The whole tree leaves the bucket in one step, and is then removed at leisure. */
export async function deleteLocalPrefix(bucket: LocalBucket, prefix: string): Promise<void> {
  assertFolderPrefix(prefix);
  const folder = await existingPath(bucket, prefix.slice(0, -1));
  if (folder === undefined || !(await lstat(folder)).isDirectory()) return;
  const removed = stagingPath(bucket, ".removed");
  try {
    await rename(folder, removed);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  forgetFolders(bucket, folder);
  await syncFolder(path.dirname(folder));
  await rm(removed, { recursive: true, force: true });
}

async function withStagedFile<Result>(
  bucket: LocalBucket,
  key: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  place: (staged: string) => Promise<Result>,
): Promise<Result> {
  assertKey(key);
  const staged = stagingPath(bucket, ".tmp");
  await writeNewFile(staged, content);
  try {
    return await place(staged);
  } finally {
    await rm(staged, { force: true });
  }
}

async function renameFile(bucket: LocalBucket, key: string, staged: string, target: string): Promise<void> {
  try {
    await rename(staged, target);
  } catch (error) {
    throw hasCode(error, "EISDIR", "ENOTEMPTY", "EEXIST") ? keyOverlap(bucket.name, key) : error;
  }
}

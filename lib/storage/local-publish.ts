import { cp, lstat, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { diskError } from "./disk-error.ts";
import { syncTree } from "./durable-file.ts";
import { hasCode } from "./error-code.ts";
import { failpoint } from "./failpoint.ts";
import { assertKey } from "./key.ts";
import { type LocalBucket, placeInFolder, stagingPath } from "./local-bucket.ts";
import { linkFile } from "./local-write.ts";
import { objectExists, sourceMissing } from "./object-errors.ts";
import { sameTree } from "./same-tree.ts";

/** Syncs the tree, moves it to the key in one step and syncs the folder it stands in; see `ObjectStore.publish`. */
export async function publishLocal(bucket: LocalBucket, localPath: string, key: string): Promise<void> {
  assertKey(key);
  const source = await onBucketDisk(bucket, localPath);
  try {
    await syncTree(source);
    const target = path.join(bucket.root, key);
    const placed = await placeInFolder(bucket, key, () => moveIfAbsent(bucket, key, source, target));
    if (!placed && !(await sameTree(source, target))) throw objectExists(bucket.name, key);
  } catch (error) {
    if (source !== localPath) await rm(source, { recursive: true, force: true });
    throw error;
  }
  await rm(source, { recursive: true, force: true });
  await rm(localPath, { recursive: true, force: true });
}

/** A new empty folder on the bucket's own disk. */
export async function scratchLocal(bucket: LocalBucket): Promise<string> {
  const folder = stagingPath(bucket, ".scratch");
  try {
    await mkdir(folder);
  } catch (error) {
    throw diskError(error);
  }
  return folder;
}

async function moveIfAbsent(
  bucket: LocalBucket,
  key: string,
  source: string,
  target: string,
): Promise<boolean> {
  failpoint("storage.before-rename");
  const isFolder = (await lstat(source)).isDirectory();
  const placed = await (isFolder ? renameFolder(source, target) : linkFile(bucket, key, source, target));
  failpoint("storage.after-rename");
  return placed;
}

/** `rename(2)` replaces an empty folder, which holds no object, and refuses every other target. */
async function renameFolder(source: string, target: string): Promise<boolean> {
  try {
    await rename(source, target);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) return false;
    throw error;
  }
}

/** The path itself where it can be renamed into the bucket, else a copy in the bucket's staging folder. */
async function onBucketDisk(bucket: LocalBucket, localPath: string): Promise<string> {
  try {
    const [source, root] = await Promise.all([lstat(localPath), lstat(bucket.root)]);
    if (source.dev === root.dev) return localPath;
  } catch (error) {
    throw hasCode(error, "ENOENT", "ENOTDIR") ? sourceMissing(localPath) : error;
  }
  const copy = stagingPath(bucket, ".copy");
  try {
    await cp(localPath, copy, { recursive: true, errorOnExist: true, verbatimSymlinks: true });
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw diskError(error);
  }
  return copy;
}

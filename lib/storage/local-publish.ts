import { constants, copyFile, cp, link, lstat, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { diskError } from "./disk-error.ts";
import { syncTree } from "./durable-file.ts";
import { hasCode } from "./error-code.ts";
import { failpoint } from "./failpoint.ts";
import { assertKey } from "./key.ts";
import { existingPath, type LocalBucket, placeInFolder, stagingPath } from "./local-bucket.ts";
import { linkFile } from "./local-write.ts";
import { objectExists, objectMissing, sourceMissing } from "./object-errors.ts";
import { sameTree } from "./same-tree.ts";

/** Syncs the tree, moves it to the key in one step and syncs the folder it stands in; see `ObjectStore.publish`. */
export async function publishLocal(bucket: LocalBucket, localPath: string, key: string): Promise<void> {
  assertKey(key);
  if (await isOnBucketDisk(bucket, localPath)) {
    try {
      return await publishTree(bucket, localPath, key);
    } catch (error) {
      // Two mounts of one disk look like one disk, and still nothing can be moved between them.
      if (!hasCode(error, "EXDEV")) throw error;
    }
  }
  const copy = stagingPath(bucket, ".copy");
  try {
    await cp(localPath, copy, { recursive: true, errorOnExist: true, verbatimSymlinks: true });
    await publishTree(bucket, copy, key);
    await rm(localPath, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
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

/** Gives the object a second name in a scratch folder; a copy where the disk knows no second names. */
export async function reuseLocal(bucket: LocalBucket, key: string, scratchPath: string): Promise<void> {
  assertKey(key);
  const source = await existingPath(bucket, key);
  if (source === undefined || !(await lstat(source)).isFile()) throw objectMissing(bucket.name, key);
  try {
    await mkdir(path.dirname(scratchPath), { recursive: true });
    await link(source, scratchPath);
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw objectMissing(bucket.name, key);
    if (!hasCode(error, "EPERM", "EXDEV", "EMLINK", "ENOTSUP")) throw diskError(error);
    await copyFile(source, scratchPath, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

async function publishTree(bucket: LocalBucket, source: string, key: string): Promise<void> {
  await syncTree(source);
  const target = path.join(bucket.root, key);
  const placed = await placeInFolder(bucket, key, () => moveIfAbsent(bucket, key, source, target));
  if (!placed && !(await sameTree(source, target))) throw objectExists(bucket.name, key);
  await rm(source, { recursive: true, force: true });
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

async function isOnBucketDisk(bucket: LocalBucket, localPath: string): Promise<boolean> {
  try {
    const [source, root] = await Promise.all([lstat(localPath), lstat(bucket.root)]);
    return source.dev === root.dev;
  } catch (error) {
    throw hasCode(error, "ENOENT", "ENOTDIR") ? sourceMissing(localPath) : error;
  }
}

import { randomUUID } from "node:crypto";
import { closeSync, fdatasync, fsync, open as openFile, openSync, writeSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { diskError } from "./disk-error.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { walkTree } from "./walk-tree.ts";

/** Twice libuv's four threads: the disk joins parallel syncs into one journal commit, more only wait in line. */
const syncWidth = 8;

/**
 * So many bytes are handed to the kernel in place. What waits for the disk goes by way of a thread: making a name, and
 * each sync. On a server that answers searches every such way costs a turn of the event loop.
 */
const documentBytesMax = 262_144;

const openDescriptor = promisify(openFile);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** Replaces or creates the file in one step, durable when the promise resolves. The folder must exist. */
export async function writeFileDurable(
  target: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = path.join(path.dirname(target), `.${randomUUID()}.tmp`);
  await writeNewFile(temporary, content);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error);
  }
  await syncFolder(path.dirname(target));
}

/** Writes a file that must not exist yet and syncs its data, not its folder. Leaves nothing behind if it fails. */
export async function writeNewFile(
  target: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    if (content instanceof Uint8Array && content.length <= documentBytesMax) {
      await writeDocument(target, content);
    } else await writeStream(target, content instanceof Uint8Array ? [content] : content);
  } catch (error) {
    throw diskError(error);
  }
}

async function writeDocument(target: string, content: Uint8Array): Promise<void> {
  const descriptor = await openDescriptor(target, "wx");
  try {
    for (let offset = 0; offset < content.length; ) offset += writeSync(descriptor, content, offset);
    await syncData(descriptor);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

async function writeStream(
  target: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const handle = await open(target, "wx");
  try {
    for await (const chunk of content) await writeAll(handle, chunk);
    await handle.datasync();
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Writes every byte at the handle's position; one `write` may take only a part when the disk fills up. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset, null);
    offset += bytesWritten;
  }
}

/** Syncs a file's data and size, whoever wrote it. */
export async function syncFile(file: string): Promise<void> {
  await using handle = await open(file, "r");
  await handle.datasync();
}

/** Syncs the folder's entries, so that names created, moved or removed in it survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, "r");
  try {
    await syncAll(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Syncs every file and then every folder of a tree, or the one file; links are refused. Not the tree's own parent. */
export async function syncTree(root: string): Promise<void> {
  const tree = await walkTree(root);
  await forEachBounded(tree.files, syncWidth, (file) => syncFile(path.join(root, file)));
  await forEachBounded(tree.folders, syncWidth, (folder) => syncFolder(path.join(root, folder)));
}

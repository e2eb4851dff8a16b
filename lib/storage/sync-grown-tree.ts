import { lstatSync } from "node:fs";
import path from "node:path";
import { syncFile, syncFolder } from "./durable-file.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { walkTree } from "./walk-tree.ts";

/** As in `syncTree`. */
const syncWidth = 8;

/** What this process has synced, by tree and file: which file stood under the name, and how it was. */
const syncedTrees = new Map<string, ReadonlyMap<string, string>>();

/**
 * Syncs a tree in which files are written once, as an engine's tables are: one that this process has synced and that is
 * the same since costs a look, so a step pays for what it wrote and not for what the table weighs.
 */
export async function syncGrownTree(root: string): Promise<void> {
  const before = syncedTrees.get(root);
  const now = new Map<string, string>();
  const { files, folders } = await walkTree(root);
  // Looks of microseconds each, which would take a hundred times as long by way of threads.
  for (const file of files) now.set(file, identityOf(path.join(root, file)));
  const changed = files.filter((file) => before?.get(file) !== now.get(file));
  await forEachBounded(changed, syncWidth, (file) => syncFile(path.join(root, file)));
  await forEachBounded(folders, syncWidth, (folder) => syncFolder(path.join(root, folder)));
  syncedTrees.set(root, now);
}

function identityOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = lstatSync(file);
  return [ino, size, mtimeMs, ctimeMs].join();
}

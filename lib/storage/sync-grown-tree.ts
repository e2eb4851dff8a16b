import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { syncFile, syncFolder } from "./durable-file.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { treeEntryError } from "./walk-tree.ts";

/** As in `syncTree`. */
const syncWidth = 8;

interface SyncedFolder {
  /** Another folder under the same name is another one. */
  identity: string;
  files: ReadonlySet<string>;
}

/** What this process has synced, by folder. */
const syncedFolders = new Map<string, SyncedFolder>();

/**
 * Syncs a tree in which files are written once and under names of their own, as an engine's tables are: what this
 * process has synced costs a look at its name, so a step pays for what it wrote and not for what the table weighs.
 */
export async function syncGrownTree(root: string): Promise<void> {
  const waiting = [root];
  const added: string[] = [];
  const grown = new Set<string>();
  const now = new Map<string, SyncedFolder>();
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const { identity, files, folders } = look(folder);
    waiting.push(...folders.map((name) => path.join(folder, name)));
    const before = syncedFolders.get(folder);
    const known = before?.identity === identity ? before.files : undefined;
    const fresh = known === undefined ? [...files] : [...files].filter((name) => !known.has(name));
    added.push(...fresh.map((name) => path.join(folder, name)));
    if (known === undefined || fresh.length > 0) grown.add(folder);
    // A new folder's name stands in the one above it.
    if (known === undefined && folder !== root) grown.add(path.dirname(folder));
    now.set(folder, { identity, files });
  }
  await forEachBounded(added, syncWidth, syncFile);
  await forEachBounded([...grown], syncWidth, syncFolder);
  for (const [folder, synced] of now) syncedFolders.set(folder, synced);
}

/** Microseconds for each name, which would take a hundred times as long by way of threads. */
function look(folder: string): SyncedFolder & { folders: string[] } {
  const { ino, birthtimeMs } = statSync(folder);
  const files = new Set<string>();
  const folders: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile()) files.add(entry.name);
    else if (entry.isDirectory()) folders.push(entry.name);
    else throw treeEntryError(path.join(folder, entry.name));
  }
  return { identity: `${ino} ${birthtimeMs}`, files, folders };
}

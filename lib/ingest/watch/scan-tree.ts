import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "../../storage/error-code.ts";
import { forEachBounded } from "../../storage/for-each-bounded.ts";

/** What tells one state of a file from another without reading it. */
export interface FileState {
  size: number;
  modifiedMs: number;
  /** Changes with every write and every rename, and nobody can set it. */
  changedMs: number;
}

export interface ScannedTree {
  /** By path below the scanned folder, with `/` between segments. */
  files: Map<string, FileState>;
  /** Folders that could not be listed; nothing is known of what is in them. */
  unreadable: string[];
}

/** Enough to keep a disk busy, few enough to leave it to others. */
const width = 16;

/**
 * The complete list of a folder's files. Links, hidden files and names that end in `~`, `.part`, `.tmp` or
 * `.crdownload` are passed over. Throws what the folder's own listing throws: a folder that is gone is not an empty one.
 */
export async function scanTree(folder: string, { recursive }: { recursive: boolean }): Promise<ScannedTree> {
  const tree: ScannedTree = { files: new Map(), unreadable: [] };
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const here = at;
    const entries = await list(folder, here, tree);
    for (const entry of entries)
      if (recursive && entry.isDirectory()) waiting.push(path.posix.join(here, entry.name));
    const files = entries.filter((entry) => entry.isFile());
    await forEachBounded(files, width, async (entry) => {
      const name = path.posix.join(here, entry.name);
      const state = await lookAt(folder, name);
      if (state !== undefined) tree.files.set(name, state);
    });
  }
  return tree;
}

/** The state of one file, or undefined where there is none to take: no file, a link, a name that is passed over. */
export async function lookAt(folder: string, name: string): Promise<FileState | undefined> {
  if (isPassedOver(name)) return undefined;
  try {
    const entry = await lstat(path.join(folder, name));
    if (!entry.isFile()) return undefined;
    return { size: entry.size, modifiedMs: entry.mtimeMs, changedMs: entry.ctimeMs };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

export function isPassedOver(name: string): boolean {
  return (
    name.split("/").some((segment) => segment.startsWith(".")) || /(~|\.part|\.tmp|\.crdownload)$/.test(name)
  );
}

async function list(folder: string, at: string, tree: ScannedTree): Promise<Dirent[]> {
  try {
    const entries = await readdir(path.join(folder, at), { withFileTypes: true });
    return entries.filter((entry) => !isPassedOver(entry.name));
  } catch (error) {
    if (at === "") throw error;
    // Removed since its parent was listed: then its files are gone as well.
    if (!hasCode(error, "ENOENT", "ENOTDIR")) tree.unreadable.push(at);
    return [];
  }
}

import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";

export interface Tree {
  /** Paths relative to the walked folder, `""` where the walked path is itself a file; ascending. */
  files: string[];
  /** Relative like `files`; the walked folder itself is `""`; parents stand before their children. */
  folders: string[];
}

/** All files and folders of a tree. Links, sockets and devices are refused (`invalid`, `tree-entry`). */
export async function walkTree(root: string): Promise<Tree> {
  const status = await lstat(root);
  if (status.isFile()) return { files: [""], folders: [] };
  if (!status.isDirectory()) throw treeEntryError(root);
  const tree: Tree = { files: [], folders: [] };
  const waiting = [""];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    tree.folders.push(folder);
    for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
      const relative = path.join(folder, entry.name);
      if (entry.isFile()) tree.files.push(relative);
      else if (entry.isDirectory()) waiting.push(relative);
      else throw treeEntryError(relative);
    }
  }
  tree.files.sort();
  return tree;
}

export function treeEntryError(entry: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "tree-entry",
    message: `"${entry}" is neither a file nor a folder; links and devices cannot be stored.`,
    place: { file: entry },
  });
}

import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "../../storage/error-code.ts";
import { forEachBounded } from "../../storage/for-each-bounded.ts";
import type { FoundEntry } from "./list-files.ts";

const width = 16;

/**
 * Looks at files that were named by their paths below a folder, in the order of the names. One that a link has led out
 * of the folder by now is a link, wherever on its path that is; one that is gone is a file that cannot be read.
 */
export async function nameFiles(folder: string, names: readonly string[]): Promise<FoundEntry[]> {
  const root = await realpath(folder);
  const found = names.map((relative): FoundEntry => ({ relative, kind: "file" }));
  await forEachBounded(found, width, async (entry) => {
    entry.kind = await kindOf(root, entry.relative);
  });
  return found;
}

async function kindOf(root: string, relative: string): Promise<FoundEntry["kind"]> {
  const file = path.join(root, relative);
  try {
    const entry = await lstat(file);
    if (entry.isSymbolicLink() || (await realpath(file)) !== file) return "link";
    return entry.isFile() ? "file" : "other";
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES", "EPERM")) return "file";
    throw error;
  }
}

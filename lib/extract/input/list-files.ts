import { opendir, stat } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "../../storage/error-code.ts";
import { extractError } from "../extract-error.ts";

export interface FoundEntry {
  /** Below the listed folder, with `/` between names. */
  relative: string;
  kind: "file" | "link" | "other";
}

// The list is kept in memory, about 100 bytes an entry.
const entryCountMax = 2_000_000;

/** Everything below a folder that is not itself a folder and not hidden, ascending. Links are named, not followed. */
export async function listFiles(folder: string, name: string): Promise<FoundEntry[]> {
  await assertFolder(folder, name);
  const found: FoundEntry[] = [];
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of await opendir(path.join(folder, at))) {
      if (entry.name.startsWith(".")) continue;
      const relative = path.posix.join(at, entry.name);
      if (entry.isDirectory()) waiting.push(relative);
      else
        found.push({ relative, kind: entry.isFile() ? "file" : entry.isSymbolicLink() ? "link" : "other" });
      if (found.length + waiting.length > entryCountMax) throw tooMany(name);
    }
  }
  return found.sort((one, other) => (one.relative < other.relative ? -1 : 1));
}

async function assertFolder(folder: string, name: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
  throw extractError({
    type: "extract-not-a-folder",
    message: `${name} is not a folder.`,
    place: { file: name },
    remedy: "Name a folder that is there, or ingest the file as a file.",
  });
}

function tooMany(name: string) {
  return extractError({
    type: "extract-folder-size",
    message: `${name} holds more than ${entryCountMax} files and folders.`,
    place: { file: name },
    remedy: "Ingest its folders one by one.",
  });
}

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

export interface RepositoryFile {
  /** Relative to the root, with `/`. */
  path: string;
  lines: string[];
}

/** Every file that git knows or would take, by a part of its path's beginning and its ending. */
export function listFiles(options: { folders: string[]; endings: string[] }): string[] {
  const listed = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...options.folders],
    {
      cwd: repositoryRoot,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (listed.status !== 0) throw new Error(listed.stderr);
  return listed.stdout
    .split("\n")
    .filter((name) => options.endings.some((ending) => name.endsWith(ending)))
    .filter((name) => existsSync(path.join(repositoryRoot, name)));
}

export function readLines(file: string): RepositoryFile {
  return { path: file, lines: readFileSync(path.join(repositoryRoot, file), "utf8").split("\n") };
}

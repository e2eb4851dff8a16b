import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "./error-code.ts";
import { stagingName } from "./key.ts";
import type { LocalStore } from "./local-store.ts";

/**
 * Removes what killed processes left in the bucket's staging folder: entries in which nothing has changed for
 * `olderThanMs`. Choose it longer than any build may go without writing to its scratch folder.
 */
export async function collectStaging(
  store: LocalStore,
  options: { olderThanMs: number; signal?: AbortSignal },
): Promise<{ removed: number }> {
  const staging = path.join(store.root, stagingName);
  let removed = 0;
  for (const name of await readdir(staging)) {
    options.signal?.throwIfAborted();
    const changedAt = await lastChange(path.join(staging, name));
    if (changedAt === undefined || Date.now() - changedAt < options.olderThanMs) continue;
    await rm(path.join(staging, name), { recursive: true, force: true });
    removed += 1;
  }
  return { removed };
}

/** The newest modification in a tree, in milliseconds of the epoch; undefined if it is gone meanwhile. */
async function lastChange(root: string): Promise<number | undefined> {
  try {
    const status = await lstat(root);
    let newest = status.mtimeMs;
    if (!status.isDirectory()) return newest;
    for (const name of await readdir(root)) {
      newest = Math.max(newest, (await lastChange(path.join(root, name))) ?? 0);
    }
    return newest;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

import { stat } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "../storage/error-code.ts";
import type { LocalStore } from "../storage/local-store.ts";
import { walkTree } from "../storage/walk-tree.ts";
import { trialCachePrefix, trialGraphFile } from "./trial-graph.ts";

export interface CachedTrialGraph {
  index: string;
  /** Its folder in the bucket. */
  key: string;
  byteCount: number;
  usedAtMs: number;
}

/** Every built graph of the bucket's trial cache, least recently used first. */
export async function listTrialGraphs(store: LocalStore): Promise<CachedTrialGraph[]> {
  const graphs: CachedTrialGraph[] = [];
  for (const index of await store.listFolders(trialCachePrefix)) {
    for (const name of await store.listFolders(`${trialCachePrefix}${index}/`)) {
      const key = `${trialCachePrefix}${index}/${name}`;
      const found = await measureGraph(path.join(store.root, key));
      if (found !== undefined) graphs.push({ index, key, ...found });
    }
  }
  return graphs.sort((left, right) => left.usedAtMs - right.usedAtMs || (left.key < right.key ? -1 : 1));
}

/** Undefined where it is removed meanwhile. */
async function measureGraph(
  folder: string,
): Promise<Pick<CachedTrialGraph, "byteCount" | "usedAtMs"> | undefined> {
  try {
    const { mtimeMs } = await stat(path.join(folder, trialGraphFile));
    let byteCount = 0;
    for (const file of (await walkTree(folder)).files) {
      const { size, nlink } = await stat(path.join(folder, file));
      // Graphs of the same vectors share that file, and so its bytes.
      byteCount += Math.ceil(size / nlink);
    }
    return { byteCount, usedAtMs: mtimeMs };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

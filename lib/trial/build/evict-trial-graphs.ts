import path from "node:path";
import { tryFileLock } from "../../storage/file-lock.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import { listTrialGraphs } from "../list-trial-graphs.ts";
import { trialLock } from "./trial-lock.ts";

export interface TrialCacheBounds {
  countMax: number;
  bytesMax: number;
}

/**
 * Removes the least recently used graphs until the cache is within its bounds. Never the one that is kept, and none of
 * an index that another process is measuring: those are that process's to remove.
 */
export async function evictTrialGraphs(options: {
  store: LocalStore;
  locks: string;
  /** The index whose lock the caller holds, and the graph it is about to use. */
  index: string;
  kept: string;
  bounds: TrialCacheBounds;
}): Promise<{ removed: string[] }> {
  const { store, index, kept, bounds } = options;
  const graphs = await listTrialGraphs(store);
  let bytes = graphs.reduce((sum, { byteCount }) => sum + byteCount, 0);
  let count = graphs.length;
  const removed: string[] = [];
  for (const graph of graphs) {
    if (count <= bounds.countMax && bytes <= bounds.bytesMax) break;
    if (graph.key === kept) continue;
    using lock = graph.index === index ? noLock : tryFileLock(lockFile(options.locks, graph.index));
    if (lock === undefined) continue;
    await store.deletePrefix(`${graph.key}/`);
    removed.push(graph.key);
    count -= 1;
    bytes -= graph.byteCount;
  }
  return { removed };
}

const noLock: Disposable = { [Symbol.dispose]: () => undefined };

function lockFile(locks: string, index: string): string {
  return path.join(locks, `${trialLock(index)}.lock`);
}

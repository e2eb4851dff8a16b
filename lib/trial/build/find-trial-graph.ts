import { stat, utimes } from "node:fs/promises";
import path from "node:path";
import { checksumFile } from "../../storage/checksum.ts";
import { hasCode } from "../../storage/error-code.ts";
import type { LocalStore } from "../../storage/local-store.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { TrialGraph, trialGraphFile } from "../trial-graph.ts";

/**
 * The graph under this key, each of its files compared with its checksum, and marked as used now; undefined where there
 * is none. A damaged one is removed.
 */
export async function findTrialGraph(store: LocalStore, key: string): Promise<TrialGraph | undefined> {
  const graph = await readTrialGraph(store, key);
  if (graph !== undefined && (await isIntact(path.join(store.root, key), graph))) {
    const now = new Date();
    await utimes(path.join(store.root, key, trialGraphFile), now, now);
    return graph;
  }
  await store.deletePrefix(`${key}/`);
  return undefined;
}

/** What the cache says of the graph under this key, unverified; undefined where there is none that can be read. */
export async function readTrialGraph(store: ObjectStore, key: string): Promise<TrialGraph | undefined> {
  const file = `${key}/${trialGraphFile}`;
  if ((await store.size(file)) === undefined) return undefined;
  const text = Buffer.from(await store.get(file)).toString("utf8");
  try {
    return TrialGraph.safeParse(JSON.parse(text)).data;
  } catch (error) {
    // Built again like anything else in a cache that is not as it was written.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isIntact(folder: string, { files }: TrialGraph): Promise<boolean> {
  for (const { path: name, byteCount, checksum } of files) {
    const file = path.join(folder, name);
    try {
      // The size first: it is cheap, and mapping a file that was cut short would kill the process.
      if ((await stat(file)).size !== byteCount || (await checksumFile(file)) !== checksum) return false;
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
      throw error;
    }
  }
  return true;
}

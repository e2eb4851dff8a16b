import { stat } from "node:fs/promises";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { datasetLog } from "./dataset-log.ts";

/**
 * Files of the dataset that no version names: what a write published before it died or lost its race. Files younger
 * than `olderThanMs` may belong to a write that goes on; choose it longer than any write can take. Nothing is removed.
 */
export async function* collectOrphans(options: {
  store: ObjectStore;
  dataset: string;
  olderThanMs: number;
}): AsyncIterable<ObjectEntry> {
  const { store, dataset, olderThanMs } = options;
  const { data, tombstones, rejects } = datasetKeys(dataset);
  // Listed before the versions are read: a file that is committed meanwhile is named by then.
  const candidates: ObjectEntry[] = [];
  for (const prefix of [data, tombstones, rejects]) {
    for await (const entry of store.list(prefix)) {
      if (await isOlder(store, entry.key, olderThanMs)) candidates.push(entry);
    }
  }
  if (candidates.length === 0) return;
  const named = await namedKeys(store, dataset);
  for (const entry of candidates) if (!named.has(entry.key)) yield entry;
}

async function isOlder(store: ObjectStore, key: string, olderThanMs: number): Promise<boolean> {
  const { mtimeMs } = await stat(await store.materialize(key));
  return Date.now() - mtimeMs >= olderThanMs;
}

async function namedKeys(store: ObjectStore, dataset: string): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const { document } of datasetLog(store, dataset).history({ limit: Number.MAX_SAFE_INTEGER })) {
    for (const file of [...document.files, ...document.tombstones]) named.add(file.key);
    if (document.ingest.rejectsKey !== undefined) named.add(document.ingest.rejectsKey);
  }
  return named;
}

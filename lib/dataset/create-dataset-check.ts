import type { ObjectStore } from "../storage/object-store.ts";
import { datasetLog, datasetMissing } from "./dataset-log.ts";

/** Names take a few dozen bytes each; beyond this the oldest is looked for again. */
const knownMax = 10_000;

/**
 * Throws `dataset-missing` for a name without a dataset. A dataset that was there once is not looked for again: for a
 * server that is asked thousands of times a second, the look costs more than everything else.
 */
export function createDatasetCheck(store: ObjectStore): (name: string) => Promise<void> {
  const known = new Set<string>();
  return async (name) => {
    if (known.has(name)) return;
    if (!(await datasetLog(store, name).exists())) throw datasetMissing(name);
    for (const oldest of known) {
      if (known.size < knownMax) break;
      known.delete(oldest);
    }
    known.add(name);
  };
}

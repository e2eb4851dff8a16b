import { readDataset } from "../dataset/dataset-log.ts";
import { scanRowIds } from "../dataset/scan-row-ids.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { activeLog } from "./active-log.ts";
import { readDefinition } from "./definition-log.ts";
import { openLedger } from "./open-ledger.ts";
import { readManifest } from "./read-manifest.ts";
import { type Books, closeBooks, emptyLedger } from "./reconcile-rows.ts";

export interface IndexBooks extends Books {
  datasetVersion: number;
  /** What the books were closed against; null where nothing is active yet and every row is pending. */
  generation: string | null;
}

/**
 * The books of an index against its dataset as it is now. Rows that came after the active generation was built are
 * pending; rows that the dataset has lost since then are `stale`: still found, in no other figure.
 */
export async function accountIndex(options: {
  store: ObjectStore;
  index: string;
  signal?: AbortSignal | undefined;
}): Promise<IndexBooks> {
  const { store, index, signal } = options;
  const { dataset } = await readDefinition(store, index);
  const version = await readDataset(store, dataset);
  const generation = (await activeLog(store, index).head())?.document.generation ?? null;
  const facts = { datasetVersion: version.version, generation };
  const manifest = generation === null ? undefined : (await readManifest(store, index, generation)).manifest;
  if (manifest?.dataset === dataset && manifest.datasetVersion === version.version) {
    return { ...manifest.accounting, stale: 0, ...facts };
  }
  const liveRowIds = await scanRowIds({ store, version, signal });
  if (manifest?.dataset !== dataset) {
    return { ...(await closeBooks(version.rowCount, liveRowIds, emptyLedger)), ...facts };
  }
  using ledger = await openLedger(store, manifest);
  return { ...(await closeBooks(version.rowCount, liveRowIds, ledger)), ...facts };
}

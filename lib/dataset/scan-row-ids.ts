import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetVersion } from "./dataset-version.ts";
import { liveRowIds } from "./live-rows.ts";
import { readTombstones } from "./read-tombstones.ts";

/** Ids of the live rows, ascending; eight bytes each, whatever the rows hold. */
export async function scanRowIds(options: {
  store: ObjectStore;
  version: DatasetVersion;
  signal?: AbortSignal | undefined;
}): Promise<Float64Array> {
  const dead = await readTombstones(options.store, options.version, options.signal);
  return liveRowIds(options.version.files, dead);
}

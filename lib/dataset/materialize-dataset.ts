import { forEachBounded } from "../storage/for-each-bounded.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { DatasetVersion } from "./dataset-version.ts";

/** Enough to hide a remote bucket's latency; on a local disk each is one lookup. */
const width = 16;

/** Makes every file of the version readable on the local disk and gives the way from its key to its path. */
export async function materializeDataset(
  store: ObjectStore,
  version: Pick<DatasetVersion, "files" | "tombstones">,
): Promise<(key: string) => string> {
  const paths = new Map<string, string>();
  await forEachBounded([...version.files, ...version.tombstones], width, async ({ key }) => {
    paths.set(key, await store.materialize(key));
  });
  return (key) => {
    const path = paths.get(key);
    if (path === undefined) throw new Error(`${key} is no file of this dataset version`);
    return path;
  };
}

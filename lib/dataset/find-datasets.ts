import type { ObjectStore } from "../storage/object-store.ts";
import { datasetsPrefix } from "./dataset-keys.ts";

/** Names of all datasets that have a file, whatever the catalogue lists, ascending. */
export function findDatasets(store: ObjectStore): Promise<string[]> {
  return store.listFolders(datasetsPrefix);
}

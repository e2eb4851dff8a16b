import type { ObjectStore } from "../storage/object-store.ts";
import { datasetsPrefix } from "./dataset-keys.ts";

/** Names of all datasets that have a file, whatever the catalogue lists, ascending. It walks through every file. */
export async function findDatasets(store: ObjectStore): Promise<string[]> {
  const names = new Set<string>();
  for await (const { key } of store.list(datasetsPrefix)) {
    const [name] = key.slice(datasetsPrefix.length).split("/");
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

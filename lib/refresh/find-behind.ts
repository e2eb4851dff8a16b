import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { Accounting } from "../generation/accounting.ts";
import { rememberedActiveLog } from "../generation/active-log.ts";
import { listDefinitions } from "../generation/definition-log.ts";
import { isOfDefinition } from "../generation/generation-id.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import { findManifest } from "../generation/read-manifest.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What stands between an index and its dataset as it is now. */
export interface IndexLag {
  index: string;
  /**
   * `rows`: the dataset has moved on. `definition`: the index is defined otherwise by now. `unbuilt`: nothing serves yet.
   * `failed`: rows failed for a reason that another try may mend.
   */
  cause: "rows" | "definition" | "unbuilt" | "failed";
  /** The dataset version that serves; null where nothing does. */
  servedVersion: number | null;
}

export interface Lag {
  dataset: DatasetVersion;
  /** Names of the indexes that are level with the dataset. */
  current: string[];
  behind: IndexLag[];
}

/**
 * Which indexes of a dataset are behind it. Where the dataset's version has not moved it costs a look at the heads of
 * three logs and one manifest for each index; no row is read in any case. Throws `dataset-missing`.
 */
export async function findBehind(store: ObjectStore, name: string): Promise<Lag> {
  const dataset = await readDataset(store, name);
  const lag: Lag = { dataset, current: [], behind: [] };
  for (const definition of await listDefinitions(store)) {
    if (definition.dataset !== name) continue;
    const found = await findIndexLag(store, definition, dataset);
    if (found === undefined) lag.current.push(definition.index);
    else lag.behind.push(found);
  }
  return lag;
}

/** How one index is behind the given version of its dataset, or undefined where it is not. */
export async function findIndexLag(
  store: ObjectStore,
  definition: IndexDefinition,
  dataset: DatasetVersion,
): Promise<IndexLag | undefined> {
  const { index } = definition;
  const active = (await rememberedActiveLog(store, index).head())?.document.generation;
  const found = active === undefined ? undefined : await findManifest(store, index, active);
  if (found === undefined) return { index, cause: "unbuilt", servedVersion: null };
  const { generation, datasetVersion, accounting } = found.manifest;
  const lag = { index, servedVersion: datasetVersion };
  if (!isOfDefinition(generation, definition)) return { ...lag, cause: "definition" };
  if (!(await isSameRows(store, dataset, datasetVersion))) return { ...lag, cause: "rows" };
  return isMendable(accounting) ? { ...lag, cause: "failed" } : undefined;
}

/** A version may differ from the one before in words and settings alone. */
async function isSameRows(store: ObjectStore, dataset: DatasetVersion, served: number): Promise<boolean> {
  if (dataset.version === served) return true;
  if (served > dataset.version) return false;
  const before = (await datasetLog(store, dataset.dataset).read(served)).document;
  const keysOf = ({ files, tombstones }: DatasetVersion) =>
    [...files, ...tombstones].map(({ key }) => key).join();
  return keysOf(before) === keysOf(dataset);
}

/** A text without a letter or a digit fails every time; what else failed may have met a provider that was down. */
const lastingFailures = new Set(["no_features"]);

function isMendable({ pending, failed }: Accounting): boolean {
  return pending > 0 || Object.keys(failed).some((reason) => !lastingFailures.has(reason));
}

import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { Accounting } from "../generation/accounting.ts";
import { rememberedActiveLog } from "../generation/active-log.ts";
import { listDefinitions } from "../generation/definition-log.ts";
import { datasetVersionOf, isOfDefinition } from "../generation/generation-id.ts";
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
  /**
   * A person went back from what was level. Nothing undoes that by itself: a refresh that somebody asks for does, and the
   * next write to the dataset.
   */
  takenBack: boolean;
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
  if (found === undefined) return { index, cause: "unbuilt", servedVersion: null, takenBack: false };
  const { generation, datasetVersion, accounting } = found.manifest;
  const lagOf = async (cause: IndexLag["cause"]) => {
    const takenBack = await wasTakenBack(store, definition, dataset);
    return { index, cause, servedVersion: datasetVersion, takenBack };
  };
  if (!isOfDefinition(generation, definition)) return lagOf("definition");
  if (!(await isSameRows(store, dataset, datasetVersion))) return lagOf("rows");
  return isMendable(accounting) ? lagOf("failed") : undefined;
}

/** A person who goes back further than this, step by step, has the index follow again. */
const stepsBackMax = 100;

async function wasTakenBack(
  store: ObjectStore,
  definition: IndexDefinition,
  dataset: DatasetVersion,
): Promise<boolean> {
  const log = rememberedActiveLog(store, definition.index);
  for await (const { document } of log.history({ limit: stepsBackMax })) {
    const { takenAway } = document;
    if (takenAway === undefined) return false;
    if (!isOfDefinition(takenAway, definition)) continue;
    if (await isSameRows(store, dataset, datasetVersionOf(takenAway))) return true;
  }
  return false;
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

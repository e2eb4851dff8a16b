import { datasetLog } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { Freshness } from "../dataset/freshness.ts";
import { DomainError } from "../errors/domain-error.ts";
import { forEachBounded } from "../storage/for-each-bounded.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type FreshnessState, freshnessOf } from "./freshness-state.ts";
import { datasetNames } from "./list-datasets.ts";

export interface DatasetFreshness extends FreshnessState {
  dataset: string;
  version: number;
  owner?: string;
  expected: Freshness;
}

/** Enough to hide a remote bucket's latency. */
const width = 16;

/** Every dataset of which an update is expected, the longest overdue first. */
export async function listFreshness(store: ObjectStore, now = new Date()): Promise<DatasetFreshness[]> {
  const found: DatasetFreshness[] = [];
  await forEachBounded(await datasetNames(store), width, async (name) => {
    const version = await readHead(store, name);
    const state = version === undefined ? undefined : freshnessOf(version, now);
    if (version?.freshness === undefined || state === undefined) return;
    found.push({
      dataset: name,
      version: version.version,
      ...(version.owner === undefined ? {} : { owner: version.owner }),
      expected: version.freshness,
      ...state,
    });
  });
  return found.sort((left, right) => (left.staleAt < right.staleAt ? -1 : 1));
}

/** Damage is told by the list of datasets; here it must not hide what is stale. */
async function readHead(store: ObjectStore, name: string): Promise<DatasetVersion | undefined> {
  try {
    return (await datasetLog(store, name).head())?.document;
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
    return undefined;
  }
}

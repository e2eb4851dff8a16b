import { listDatasets } from "../catalog/list-datasets.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { listPipelines } from "../embedding/pipeline-place.ts";
import { accountIndex } from "../generation/account-index.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { findBehind, type IndexLag } from "./find-behind.ts";
import { type RefreshPolicy, readRefreshPolicy } from "./refresh-policy.ts";

/** An index whose answers are not those of its dataset as it is now. */
export interface StaleIndex {
  dataset: string;
  index: string;
  datasetVersion: number;
  servedVersion: number | null;
  cause: IndexLag["cause"];
  takenBack: boolean;
  /** When the first write came that it does not know. */
  since: string;
  /** Rows that are not found, and rows that are found and gone. */
  rowsBehind: number;
  policy: RefreshPolicy;
}

/**
 * Every index that is behind, ascending by dataset and index. One that was never embedded is not stale: it has nothing
 * that could be out of date.
 */
export async function listStale(
  store: ObjectStore,
  options: { dataset?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<StaleIndex[]> {
  const names =
    options.dataset === undefined
      ? (await listDatasets(store)).filter(({ damage }) => damage === undefined).map(({ dataset }) => dataset)
      : [options.dataset];
  const stale: StaleIndex[] = [];
  for (const name of names) {
    options.signal?.throwIfAborted();
    const { dataset, behind } = await findBehind(store, name);
    const policy = await readRefreshPolicy(store, name);
    for (const lag of behind) {
      if (await wasEmbedded(store, lag)) stale.push(await describe(store, { dataset, lag, policy }));
    }
  }
  return stale;
}

async function wasEmbedded(store: ObjectStore, { index, servedVersion }: IndexLag): Promise<boolean> {
  return servedVersion !== null || (await listPipelines(store, index)).length > 0;
}

async function describe(
  store: ObjectStore,
  { dataset, lag, policy }: { dataset: DatasetVersion; lag: IndexLag; policy: RefreshPolicy },
): Promise<StaleIndex> {
  const { index, cause, servedVersion, takenBack } = lag;
  const { pending, stale, failed } = await accountIndex({ store, index });
  const broken = cause === "failed" ? Object.values(failed).reduce((sum, count) => sum + count, 0) : 0;
  return {
    dataset: dataset.dataset,
    index,
    datasetVersion: dataset.version,
    servedVersion,
    cause,
    takenBack,
    since: await sinceWhen(store, dataset, servedVersion),
    rowsBehind: pending + stale + broken,
    policy,
  };
}

async function sinceWhen(
  store: ObjectStore,
  dataset: DatasetVersion,
  servedVersion: number | null,
): Promise<string> {
  const next = (servedVersion ?? 0) + 1;
  const first = Math.min(next, dataset.version);
  return (await datasetLog(store, dataset.dataset).read(first)).at;
}

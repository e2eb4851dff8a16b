import { catalogPrefix } from "../dataset/dataset-keys.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { Column, DatasetVersion } from "../dataset/dataset-version.ts";
import { forEachBounded } from "../storage/for-each-bounded.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface DatasetSummary {
  dataset: string;
  version: number;
  rowCount: number;
  byteCount: number;
  columns: Column[];
  /** When its rows last changed, ISO 8601. */
  updatedAt: string;
  description?: string;
  owner?: string;
  tags: string[];
}

/** More datasets than a person lists; the rest is reached by name. */
const datasetsMax = 10_000;

/** Enough to hide a remote bucket's latency. */
const width = 16;

/** The newest state of every dataset in the bucket, ascending by name. */
export async function listDatasets(store: ObjectStore): Promise<DatasetSummary[]> {
  const found: DatasetSummary[] = [];
  await forEachBounded(await datasetNames(store), width, async (name) => {
    const head = await datasetLog(store, name).head();
    if (head !== undefined) found.push(summarise(head.document));
  });
  return found.sort((left, right) => (left.dataset < right.dataset ? -1 : 1));
}

async function datasetNames(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(catalogPrefix)) {
    names.push(key.slice(catalogPrefix.length));
    if (names.length === datasetsMax) break;
  }
  return names;
}

function summarise(version: DatasetVersion): DatasetSummary {
  const { description, owner, tags } = version;
  return {
    dataset: version.dataset,
    version: version.version,
    rowCount: version.rowCount,
    byteCount: version.files.reduce((sum, file) => sum + file.byteCount, 0),
    columns: version.columns,
    updatedAt: version.ingest.at,
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    tags,
  };
}

import { sensitiveKinds } from "../dataset/column-sensitivity.ts";
import { catalogPrefix } from "../dataset/dataset-keys.ts";
import { datasetLog } from "../dataset/dataset-log.ts";
import type { Column, DatasetVersion } from "../dataset/dataset-version.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { SensitiveKind } from "../sensitivity/sensitive-kind.ts";
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
  /** What its columns hold that people must look after. */
  sensitive: SensitiveKind[];
  /** Why the dataset cannot be read; its figures are zero then. */
  damage?: string;
}

/** More datasets than a person lists; the rest is reached by name. */
const datasetsMax = 10_000;

/** Enough to hide a remote bucket's latency. */
const width = 16;

/** The newest state of every dataset in the bucket, ascending by name. */
export async function listDatasets(store: ObjectStore): Promise<DatasetSummary[]> {
  const found: DatasetSummary[] = [];
  await forEachBounded(await datasetNames(store), width, async (name) => {
    const summary = await readSummary(store, name);
    if (summary !== undefined) found.push(summary);
  });
  return found.sort((left, right) => (left.dataset < right.dataset ? -1 : 1));
}

/** A damaged dataset must not hide the others. */
async function readSummary(store: ObjectStore, name: string): Promise<DatasetSummary | undefined> {
  try {
    const head = await datasetLog(store, name).head();
    return head === undefined ? undefined : summarise(head.document);
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "corrupt") throw error;
    const nothing = {
      version: 0,
      rowCount: 0,
      byteCount: 0,
      columns: [],
      updatedAt: "",
      tags: [],
      sensitive: [],
    };
    return { dataset: name, ...nothing, damage: error.message };
  }
}

/** Names of the datasets in the catalogue, ascending, at most `datasetsMax`. */
export async function datasetNames(store: ObjectStore): Promise<string[]> {
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
    sensitive: sensitiveKinds(version),
  };
}

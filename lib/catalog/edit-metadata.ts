import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Absent means: as it is. The empty text takes a description or an owner away. */
export interface MetadataChanges {
  description?: string | undefined;
  owner?: string | undefined;
  tags?: readonly string[] | undefined;
}

/**
 * Commits a version with the same rows and other words about them; `ingest` still tells of the last write of rows.
 * Without a change there is no new version. `not-found`, `dataset-missing` where there is no such dataset.
 */
export async function editMetadata(options: {
  store: ObjectStore;
  dataset: string;
  changes: MetadataChanges;
}): Promise<DatasetVersion> {
  const { store, dataset, changes } = options;
  const current = await readDataset(store, dataset);
  const commit = await datasetLog(store, dataset).commit((head, number) => {
    const base = head?.document ?? current;
    const next = applyChanges(base, changes);
    return JSON.stringify(next) === JSON.stringify(base) ? undefined : { ...next, version: number };
  });
  return commit?.document ?? (await readDataset(store, dataset));
}

function applyChanges(version: DatasetVersion, changes: MetadataChanges): DatasetVersion {
  const { description = version.description, owner = version.owner, tags = version.tags } = changes;
  return {
    ...version,
    description: description === "" ? undefined : description,
    owner: owner === "" ? undefined : owner,
    tags: [...new Set(tags)],
  };
}

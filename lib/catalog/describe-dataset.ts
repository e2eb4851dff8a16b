import { datasetLog, readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion, IngestSummary } from "../dataset/dataset-version.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export interface VersionSummary {
  version: number;
  /** When it was committed; the write behind it may have begun long before. */
  at: string;
  rowCount: number;
  ingest: IngestSummary;
}

export interface DatasetDescription {
  current: DatasetVersion;
  /** Newest first, at most `versionsMax`. */
  versions: VersionSummary[];
  /** Where the last change of the rows came from. */
  lineage: IngestSummary;
}

/** Everything the bucket knows of one dataset; `not-found`, `dataset-missing` where there is none. */
export async function describeDataset(options: {
  store: ObjectStore;
  name: string;
  versionsMax: number;
}): Promise<DatasetDescription> {
  const { store, name, versionsMax } = options;
  const current = await readDataset(store, name);
  const versions: VersionSummary[] = [];
  for await (const { at, document } of datasetLog(store, name).history({ limit: versionsMax })) {
    versions.push({ version: document.version, at, rowCount: document.rowCount, ingest: document.ingest });
  }
  return { current, versions, lineage: current.ingest };
}

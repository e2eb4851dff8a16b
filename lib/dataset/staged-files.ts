import type { ObjectStore } from "../storage/object-store.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { type PublishedFile, publishFile } from "./publish-file.ts";
import type { StagedRows } from "./staged-rows.ts";

/** The staged files, published when they are first needed, at most once for all tries. */
export interface StagedFiles {
  /** Where the rows can be read now. */
  dataPath(): Promise<string>;
  /** Where the rejected rows can be read now; undefined where there are none. */
  rejectsPath(): Promise<string | undefined>;
  publishData(): Promise<PublishedFile>;
  publishRejects(): Promise<PublishedFile | undefined>;
}

export function createStagedFiles(options: {
  store: ObjectStore;
  dataset: string;
  ingestId: string;
  staged: StagedRows;
  signal?: AbortSignal | undefined;
}): StagedFiles {
  const { store, dataset, ingestId, staged, signal } = options;
  const keys = datasetKeys(dataset);
  let data: PublishedFile | undefined;
  let rejects: PublishedFile | undefined;
  return {
    dataPath: async () => (data === undefined ? staged.parquetPath : store.materialize(data.key)),
    rejectsPath: async () => (rejects === undefined ? staged.rejects?.path : store.materialize(rejects.key)),
    publishData: async () => {
      data ??= await publishFile({
        store,
        path: staged.parquetPath,
        prefix: keys.data,
        ingestId,
        extension: ".parquet",
        signal,
      });
      return data;
    },
    publishRejects: async () => {
      if (staged.rejects === undefined || staged.rejects.rowCount === 0) return undefined;
      rejects ??= await publishFile({
        store,
        path: staged.rejects.path,
        prefix: keys.rejects,
        ingestId,
        extension: ".jsonl",
        signal,
      });
      return rejects;
    },
  };
}

import { DomainError } from "../errors/domain-error.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { datasetKeys } from "./dataset-keys.ts";
import { DatasetVersion } from "./dataset-version.ts";

/** The versions of a dataset, whether it exists or not. */
export function datasetLog(store: ObjectStore, name: string): CommitLog<DatasetVersion> {
  return openCommitLog({ store, prefix: datasetKeys(name).versions, schema: DatasetVersion });
}

/**
 * The newest version, or the given one. `not-found` is `dataset-missing` where there is no such dataset and
 * `dataset-version-missing` where there is no such version of it.
 */
export async function readDataset(
  store: ObjectStore,
  name: string,
  version?: number,
): Promise<DatasetVersion> {
  const log = datasetLog(store, name);
  const head = await log.head();
  if (head === undefined) throw datasetMissing(name);
  if (version === undefined || version === head.number) return head.document;
  if (version >= 1 && version < head.number) return (await log.read(version)).document;
  throw new DomainError({
    kind: "not-found",
    type: "dataset-version-missing",
    message: `The dataset ${JSON.stringify(name)} has no version ${version}.`,
    field: "version",
    remedy: `Ask for one from 1 to ${head.number}.`,
  });
}

export function datasetMissing(name: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "dataset-missing",
    message: `There is no dataset ${JSON.stringify(name)}.`,
    field: "dataset",
  });
}

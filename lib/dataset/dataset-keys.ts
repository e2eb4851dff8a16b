import { DatasetName } from "@lakefleet/queues/names.ts";
import { DomainError } from "../errors/domain-error.ts";

/** One object per dataset, named as it is, so that listing the datasets need not walk through all their files. */
export const catalogPrefix = "catalog/datasets/";

/** Every dataset's files stand here, in a folder of its name. */
export const datasetsPrefix = "datasets/";

/** Where the parts of one dataset stand in the bucket. A name that is none is `invalid`, `dataset-name`. */
export function datasetKeys(dataset: string) {
  const name = checkedName(dataset);
  const root = `${datasetsPrefix}${name}`;
  return {
    catalogEntry: `${catalogPrefix}${name}`,
    versions: `${root}/versions/`,
    data: `${root}/data/`,
    tombstones: `${root}/tombstones/`,
    rejects: `${root}/rejects/`,
    /** When its indexes follow it, and the last scheduled time at which they were told to. */
    refreshPolicy: `${root}/refresh/policy/`,
    firedTick: `${root}/refresh/fired.json`,
    /** Numbers at which one write may have been committed; only that number's version says whether it was. */
    attempts: (ingestId: string) => `${root}/ingests/${ingestId}/`,
    /** The same, for all appends of one content since the rows were last replaced as a whole. */
    contents: (epoch: number, contentHash: string) => `${root}/ingested/${epoch}/${contentHash}/`,
  };
}

function checkedName(dataset: string): string {
  const parsed = DatasetName.safeParse(dataset);
  if (parsed.success) return parsed.data;
  throw new DomainError({
    kind: "invalid",
    type: "dataset-name",
    message: `${JSON.stringify(dataset.slice(0, 100))} is no name for a dataset.`,
    field: "dataset",
    remedy: `Use ${parsed.error.issues[0]?.message}.`,
  });
}

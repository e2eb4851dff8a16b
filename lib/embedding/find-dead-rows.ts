import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { readTombstones } from "../dataset/read-tombstones.ts";
import { scanRowIds } from "../dataset/scan-row-ids.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { numberValues } from "./arrow-values.ts";
import type { MetaValues } from "./pipeline-meta.ts";
import type { Pipeline } from "./pipeline-tables.ts";
import { rowIdAsDoubleSql } from "./row-predicate.ts";

/**
 * Ids of rows that are in `documents` and no longer in the dataset. Where every file of the last synced version is
 * still there, only what its newer tombstones name can be dead; otherwise all ids are compared.
 */
export async function findDeadRows(options: {
  pipeline: Pipeline;
  store: ObjectStore;
  version: DatasetVersion;
  meta: MetaValues;
  signal?: AbortSignal | undefined;
}): Promise<Float64Array> {
  const { pipeline, store, version, meta, signal } = options;
  const rowIdMax = meta.synced_row_id_max ?? -1;
  const before = meta.synced_files;
  const interrupted = typeof meta.syncing_to === "number";
  if (interrupted || before === undefined || !keepsAll(before, version)) {
    const live = await scanRowIds({ store, version, signal });
    return without(await presentRowIds(pipeline), live);
  }
  const known = new Set(before.tombstones);
  const tombstones = version.tombstones.filter((file) => !known.has(file.key));
  const dead = await readTombstones(store, { tombstones }, signal);
  return dead.filter((rowId) => rowId <= rowIdMax);
}

/** Distinct row ids of the chunks that are there, ascending. */
export async function presentRowIds(pipeline: Pipeline): Promise<Float64Array> {
  const ids = new Float64Array(await pipeline.documents.countRows());
  let filled = 0;
  const columns = new Map([["row_id", rowIdAsDoubleSql]]);
  for await (const batch of pipeline.documents.query().select(columns)) {
    ids.set(numberValues(batch, "row_id"), filled);
    filled += batch.numRows;
  }
  const ascending = ids.subarray(0, filled).sort();
  return ascending.filter((rowId, index) => rowId !== ascending[index - 1]);
}

function keepsAll(before: NonNullable<MetaValues["synced_files"]>, version: DatasetVersion): boolean {
  const keys = new Set([...version.files, ...version.tombstones].map((file) => file.key));
  return [...before.files, ...before.tombstones].every((key) => keys.has(key));
}

/** Values of the first ascending list that are not in the second. */
function without(ids: Float64Array, others: Float64Array): Float64Array {
  let other = 0;
  return ids.filter((id) => {
    while (other < others.length && others[other]! < id) other += 1;
    return others[other] !== id;
  });
}

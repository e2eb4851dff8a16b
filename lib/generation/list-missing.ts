import { readDataset } from "../dataset/dataset-log.ts";
import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { scanRowIds } from "../dataset/scan-row-ids.ts";
import { scanRows } from "../dataset/scan-rows.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { MissingRow } from "./accounting.ts";
import { activeLog } from "./active-log.ts";
import { readDefinition } from "./definition-log.ts";
import { openLedger } from "./open-ledger.ts";
import { readManifest } from "./read-manifest.ts";
import { emptyLedger, type RowLedger, reconcileRows } from "./reconcile-rows.ts";

/** Rows named at a time where the caller sets no bound; also how many document ids are looked up together. */
const pageSize = 1_000;
/** A row that the active generation has never heard of: it is newer, or nothing is active yet. */
const newerReason = "not_in_active_generation";

/**
 * Every row of the dataset that is not indexed whole, ascending by row id, each once: the rows behind the figures of
 * `accountIndex`. `after` is the last row id of the page before.
 */
export async function* listMissing(options: {
  store: ObjectStore;
  index: string;
  after?: number | undefined;
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}): AsyncGenerator<MissingRow> {
  const { store, index, after = -1, limit = Number.POSITIVE_INFINITY, signal } = options;
  const { dataset } = await readDefinition(store, index);
  const version = await readDataset(store, dataset);
  const generation = (await activeLog(store, index).head())?.document.generation;
  const manifest =
    generation === undefined ? undefined : (await readManifest(store, index, generation)).manifest;
  const all = await scanRowIds({ store, version, signal });
  const rowIds = all.subarray(firstAfter(all, after));
  const scan = { store, version, limit, signal };
  if (manifest?.dataset !== dataset) {
    yield* missingRows(rowIds, emptyLedger, scan);
    return;
  }
  using ledger = await openLedger(store, manifest);
  yield* missingRows(rowIds, ledger, scan);
}

interface Scan {
  store: ObjectStore;
  version: DatasetVersion;
  limit: number;
  signal: AbortSignal | undefined;
}

async function* missingRows(rowIds: Float64Array, ledger: RowLedger, scan: Scan): AsyncGenerator<MissingRow> {
  let left = scan.limit;
  for await (const { unindexed } of reconcileRows(rowIds, ledger)) {
    scan.signal?.throwIfAborted();
    for (let start = 0; start < unindexed.length && left > 0; start += pageSize) {
      const page = unindexed.slice(start, Math.min(start + pageSize, start + left));
      const newer = page.filter((row) => row.known === undefined).map((row) => row.rowId);
      const docIds = await documentIds(newer, scan);
      for (const { rowId, known } of page) {
        yield known ?? {
          rowId,
          docId: docIds.get(rowId) ?? String(rowId),
          state: "pending",
          reason: newerReason,
        };
      }
      left -= page.length;
    }
    if (left <= 0) return;
  }
}

/** The values of the id column for these rows, ascending; newer rows mostly follow each other, so a scan finds them fast. */
async function documentIds(rowIds: number[], { store, version, signal }: Scan): Promise<Map<number, string>> {
  const docIds = new Map<number, string>();
  const { idColumn } = version;
  const [first, last] = [rowIds[0], rowIds.at(-1)];
  if (idColumn === undefined || first === undefined || last === undefined) return docIds;
  const wanted = new Set(rowIds);
  const batches = scanRows({
    store,
    version,
    columns: [idColumn],
    afterRowId: first - 1,
    batchSize: pageSize,
    signal,
  });
  for await (const batch of batches) {
    batch.rowIds.forEach((rowId, position) => {
      const value = batch.rows[position]?.[idColumn];
      if (wanted.has(rowId) && value !== null && value !== undefined) docIds.set(rowId, String(value));
    });
    if ((batch.rowIds.at(-1) ?? last) >= last) break;
  }
  return docIds;
}

function firstAfter(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

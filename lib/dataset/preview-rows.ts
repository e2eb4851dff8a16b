import type { ObjectStore } from "../storage/object-store.ts";
import { readDataset } from "./dataset-log.ts";
import type { Column, DatasetVersion } from "./dataset-version.ts";
import { jsonSafeRow } from "./json-safe-row.ts";
import { liveRowIdAt } from "./live-rows.ts";
import { readTombstones } from "./read-tombstones.ts";
import { type RowBatch, scanRows } from "./scan-rows.ts";

/** A page's rows are an answer's body; more than this is a download. */
export const previewRowsMax = 10_000;

/** Texts of a page, in UTF-16 units; documents can be large, and the page is held in memory whole. */
const previewTextMax = 16 * 1024 * 1024;

/** Small, so that little is read beyond the page's end. */
const batchSize = 500;

export interface RowPreview {
  version: number;
  columns: Column[];
  /** JSON-safe: integers beyond 2^53 and doubles that are no number are text, `json` columns are parsed. */
  rows: Record<string, unknown>[];
  rowIds: number[];
  rowCount: number;
  /** False where the page ends early because its texts are long; go on at `offset + rows.length`. */
  complete: boolean;
}

/** One page of a version's live rows in the order of their ids. `limit` and `offset` beyond their bounds are cut. */
export async function previewRows(options: {
  store: ObjectStore;
  name: string;
  version?: number | undefined;
  limit: number;
  offset: number;
  signal?: AbortSignal | undefined;
}): Promise<RowPreview> {
  const { store, name, signal } = options;
  const version = await readDataset(store, name, options.version);
  const { columns, rowCount } = version;
  const page = { version: version.version, columns, rowCount, rows: [], rowIds: [], complete: true };
  const limit = Math.max(0, Math.min(options.limit, previewRowsMax));
  const dead = await readTombstones(store, version, signal);
  const first = liveRowIdAt(version.files, dead, Math.max(0, options.offset));
  if (first === undefined || limit === 0) return page;
  return { ...page, ...(await readPage({ store, version, first, limit, signal })) };
}

async function readPage(options: {
  store: ObjectStore;
  version: DatasetVersion;
  first: number;
  limit: number;
  signal: AbortSignal | undefined;
}): Promise<Pick<RowPreview, "rows" | "rowIds" | "complete">> {
  const { store, version, first, limit, signal } = options;
  const columns = version.columns.map((column) => column.name);
  const page: Pick<RowPreview, "rows" | "rowIds"> = { rows: [], rowIds: [] };
  let textLeft = previewTextMax;
  const scan = {
    store,
    version,
    columns,
    afterRowId: first - 1,
    batchSize: Math.min(batchSize, limit),
    signal,
  };
  for await (const batch of scanRows(scan)) {
    for (const [index, row] of batch.rows.entries()) {
      textLeft -= textLength(row);
      if (textLeft < 0 && page.rows.length > 0) return { ...page, complete: false };
      page.rows.push(jsonSafeRow(row, version.columns));
      page.rowIds.push(batch.rowIds[index] ?? Number.NaN);
      if (page.rows.length === limit) return { ...page, complete: true };
    }
  }
  return { ...page, complete: true };
}

function textLength(row: RowBatch["rows"][number]): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}

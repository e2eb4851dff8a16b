import type { DatasetVersion } from "../../dataset/dataset-version.ts";
import { scanRows } from "../../dataset/scan-rows.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { encodeMetadata } from "../format/metadata-value.ts";
import type { MetadataColumn } from "../format/row-store-layout.ts";

export interface ShardRows {
  /** Ascending. */
  rowIds: Float64Array;
  /** The one value that all of them have; null where there are several. */
  shard: string | null;
}

/** Every search that is not narrowed to one looks into all of them, so only the most frequent values get their own. */
const shardsMax = 16;
/** A shard of fewer rows is searched as fast beside others. */
const shardRowsMin = 1_000;
const rowsPerBatch = 8_192;

/** The rows by the values of a metadata column: the most frequent values apart, all others and null together, last. */
export async function shardRows(options: {
  store: ObjectStore;
  version: DatasetVersion;
  column: MetadataColumn;
  /** Ascending. */
  rowIds: Float64Array;
  signal?: AbortSignal | undefined;
}): Promise<ShardRows[]> {
  const { store, version, column, rowIds, signal } = options;
  const byValue = new Map<string | null, number[]>();
  let next = 0;
  const scan = scanRows({ store, version, columns: [column.name], batchSize: rowsPerBatch, signal });
  for await (const batch of scan) {
    for (const [position, rowId] of batch.rowIds.entries()) {
      if (rowIds[next] !== rowId) continue;
      next += 1;
      const stored = encodeMetadata(column.type, batch.rows[position]?.[column.name]);
      const value = stored === null ? null : String(stored);
      const group = byValue.get(value);
      if (group === undefined) byValue.set(value, [rowId]);
      else group.push(rowId);
    }
  }
  return groupShards(byValue);
}

export function groupShards(byValue: ReadonlyMap<string | null, readonly number[]>): ShardRows[] {
  const own = [...byValue]
    .filter(([value, rows]) => value !== null && rows.length >= shardRowsMin)
    .sort(([left, a], [right, b]) => b.length - a.length || (String(left) < String(right) ? -1 : 1))
    .slice(0, shardsMax - 1);
  const names = new Set(own.map(([value]) => value));
  const rest = [...byValue].filter(([value]) => !names.has(value)).flatMap(([, rows]) => rows);
  const shards = own.map(([shard, rows]) => ({ shard, rowIds: Float64Array.from(rows) }));
  if (rest.length === 0 && shards.length > 0) return shards;
  return [...shards, { shard: null, rowIds: Float64Array.from(rest).sort() }];
}

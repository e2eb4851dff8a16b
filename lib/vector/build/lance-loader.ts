import type { Table } from "@lancedb/lancedb";
import type { MetadataColumn, VectorBlock } from "../format/vector-block.ts";
import { lanceBatch, lanceSchema } from "./lance-batch.ts";

// Each add is a commit and a fragment; ten thousand vectors of 768 values an add is where ingest stops getting faster.
const batchBytesMax = 32 * 1024 * 1024;

/** Gathers blocks into large batches. Memory stays at two batches of 32 MiB. */
export interface LanceLoader {
  write(block: VectorBlock): Promise<void>;
  finish(): Promise<void>;
  /** Distinct values of a column, counted up to the bound at which a bitmap stops paying. */
  distinctCount(column: string): number;
}

/** From here on a B-tree is smaller and as fast as a bitmap. */
export const bitmapDistinctMax = 1000;

export function createLanceLoader(
  table: Table,
  dimension: number,
  columns: readonly MetadataColumn[],
): LanceLoader {
  const schema = lanceSchema(dimension, columns);
  const rowsMax = Math.max(1, Math.floor(batchBytesMax / (dimension * 4)));
  const distinct = new Map(columns.map(({ name }) => [name, new Set<unknown>()]));
  let parts: Float32Array[] = [];
  let metadata = new Map<string, unknown[]>(columns.map(({ name }) => [name, []]));
  let rows = 0;
  let firstOrdinal = 0;

  const flush = async () => {
    if (rows === 0) return;
    const vectors = new Float32Array(rows * dimension);
    let offset = 0;
    for (const part of parts) {
      vectors.set(part, offset);
      offset += part.length;
    }
    await table.add(lanceBatch(schema, { firstOrdinal, vectors, metadata }, dimension, columns));
    firstOrdinal += rows;
    parts = [];
    metadata = new Map(columns.map(({ name }) => [name, []]));
    rows = 0;
  };

  const take = (block: VectorBlock, from: number, count: number) => {
    parts.push(block.vectors.slice(from * dimension, (from + count) * dimension));
    for (const [name, gathered] of metadata) {
      const seen = distinct.get(name)!;
      const values = block.metadata?.[name] ?? new Array(count + from).fill(null);
      for (let row = from; row < from + count; row++) {
        gathered.push(values[row]);
        if (seen.size <= bitmapDistinctMax) seen.add(values[row]);
      }
    }
    rows += count;
  };

  return {
    async write(block) {
      const count = block.vectors.length / dimension;
      for (let row = 0; row < count; ) {
        const part = Math.min(count - row, rowsMax - rows);
        take(block, row, part);
        row += part;
        if (rows === rowsMax) await flush();
      }
    },
    finish: flush,
    distinctCount: (column) => distinct.get(column)?.size ?? 0,
  };
}

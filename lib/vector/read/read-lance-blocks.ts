import type { Table } from "@lancedb/lancedb";
import { lanceColumns } from "../format/lance-columns.ts";
import type { StoredVectors } from "../vector-index.ts";
import { closedIndex, damagedIndex } from "./vector-index-errors.ts";
import type { VectorIndexLocation } from "./vector-index-location.ts";

// 24 MiB at 768 values; each block makes the engine look through the ordinals of the whole table once.
const rowsPerBlock = 8_192;

/** Lance answers in an order of its own, so each vector goes where its ordinal belongs. */
export async function* readLanceBlocks(
  open: () => Table | undefined,
  { folder, dimension, vectorCount }: VectorIndexLocation,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredVectors, void, undefined> {
  for (let firstOrdinal = 0; firstOrdinal < vectorCount; firstOrdinal += rowsPerBlock) {
    signal?.throwIfAborted();
    const table = open();
    if (table === undefined) throw closedIndex();
    const end = Math.min(vectorCount, firstOrdinal + rowsPerBlock);
    const range = `${lanceColumns.ordinal} >= ${firstOrdinal} AND ${lanceColumns.ordinal} < ${end}`;
    const vectors = new Float32Array((end - firstOrdinal) * dimension);
    let found = 0;
    const rows = table.query().where(range).select([lanceColumns.ordinal, lanceColumns.vector]);
    for await (const batch of rows) {
      const ordinals = batch.getChild(lanceColumns.ordinal)?.toArray() as Uint32Array | undefined;
      const column = batch.getChild(lanceColumns.vector);
      ordinals?.forEach((ordinal, row) => {
        const vector: Float32Array | undefined = column?.get(row)?.toArray();
        if (vector?.length !== dimension) throw damagedIndex(`Vector ${ordinal} in ${folder} is not whole.`);
        vectors.set(vector, (ordinal - firstOrdinal) * dimension);
        found += 1;
      });
    }
    if (found !== end - firstOrdinal) {
      throw damagedIndex(`The table in ${folder} lacks vectors from ${firstOrdinal} to ${end - 1}.`);
    }
    yield { firstOrdinal, vectors };
  }
}

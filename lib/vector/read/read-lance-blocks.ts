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
  location: VectorIndexLocation,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredVectors, void, undefined> {
  const { vectorCount } = location;
  for (let firstOrdinal = 0; firstOrdinal < vectorCount; firstOrdinal += rowsPerBlock) {
    signal?.throwIfAborted();
    const table = open();
    if (table === undefined) throw closedIndex();
    const count = Math.min(rowsPerBlock, vectorCount - firstOrdinal);
    const where = `${lanceColumns.ordinal} >= ${firstOrdinal} AND ${lanceColumns.ordinal} < ${firstOrdinal + count}`;
    const place = (ordinal: number) => ordinal - firstOrdinal;
    yield { firstOrdinal, vectors: await readVectors(table, location, { where, count, place }) };
  }
}

/** Looks the ordinals up in one query; for hundreds, not for thousands. */
export async function fetchLanceVectors(
  table: Table,
  location: VectorIndexLocation,
  ordinals: Uint32Array,
): Promise<Float32Array<ArrayBuffer>> {
  if (ordinals.length === 0) return new Float32Array();
  const places = new Map(Array.from(new Set(ordinals), (ordinal, place) => [ordinal, place]));
  const where = `${lanceColumns.ordinal} IN (${[...places.keys()].join(",")})`;
  const distinct = await readVectors(table, location, {
    where,
    count: places.size,
    place: (ordinal) => places.get(ordinal),
  });
  const { dimension } = location;
  const vectors = new Float32Array(ordinals.length * dimension);
  ordinals.forEach((ordinal, row) => {
    const from = places.get(ordinal)! * dimension;
    vectors.set(distinct.subarray(from, from + dimension), row * dimension);
  });
  return vectors;
}

async function readVectors(
  table: Table,
  { folder, dimension }: VectorIndexLocation,
  wanted: { where: string; count: number; place(ordinal: number): number | undefined },
): Promise<Float32Array<ArrayBuffer>> {
  const vectors = new Float32Array(wanted.count * dimension);
  let found = 0;
  const rows = table.query().where(wanted.where).select([lanceColumns.ordinal, lanceColumns.vector]);
  for await (const batch of rows) {
    const ordinals = batch.getChild(lanceColumns.ordinal)?.toArray() as Uint32Array | undefined;
    const column = batch.getChild(lanceColumns.vector);
    ordinals?.forEach((ordinal, row) => {
      const vector: Float32Array | undefined = column?.get(row)?.toArray();
      const place = wanted.place(ordinal);
      if (vector?.length !== dimension || place === undefined) {
        throw damagedIndex(`Vector ${ordinal} in ${folder} is not whole, or in another place.`);
      }
      vectors.set(vector, place * dimension);
      found += 1;
    });
  }
  if (found === wanted.count) return vectors;
  throw damagedIndex(`The table in ${folder} gave ${found} vectors of ${wanted.count} that it must hold.`);
}

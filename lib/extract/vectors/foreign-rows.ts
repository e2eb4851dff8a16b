import { dimensionMax } from "./npy-header.ts";
import { vectorsError } from "./vectors-error.ts";

export type ForeignValue = string | number | bigint | boolean | null;

/** Consecutive rows of a foreign file. */
export interface ForeignRows {
  /** Absent where the file has none: then the row's own number, from 0, is its id. */
  ids?: readonly ForeignValue[];
  texts?: readonly ForeignValue[];
  /** One list per metadata column, in the order asked for. */
  metadata: readonly (readonly ForeignValue[])[];
  /** `null` where the row has none. */
  vectors: readonly (Float32Array | null)[];
}

export interface ForeignColumn {
  name: string;
  type: "bigint" | "double" | "boolean" | "varchar";
}

/** A file of foreign vectors, opened: what its columns are, and its rows in order, a bounded number at a time. */
export interface ForeignFile {
  format: "npy" | "arrow" | "parquet";
  /** Whether ids are whole numbers. */
  idType: "bigint" | "varchar";
  metadata: readonly ForeignColumn[];
  rows(): AsyncIterable<ForeignRows>;
}

/** Says what keeps a vector from being stored, or nothing: it must be there, of one length with the others, and a direction. */
export function checkVector(
  vector: Float32Array | null,
  { row, dimension }: { row: number; dimension: number | undefined },
): asserts vector is Float32Array {
  if (vector === null || vector.length === 0)
    throw vectorsError({ type: "vectors-value", row, message: `Row ${row} has no vector.` });
  if (dimension !== undefined && vector.length !== dimension) {
    throw vectorsError({
      type: "vectors-dimension",
      row,
      message: `The vector of row ${row} has ${vector.length} values; those before it have ${dimension}.`,
    });
  }
  if (vector.length > dimensionMax) {
    throw vectorsError({
      type: "vectors-dimension",
      row,
      message: `The vector of row ${row} has ${vector.length} values; at most ${dimensionMax} are taken.`,
    });
  }
  let square = 0;
  for (let place = 0; place < vector.length; place += 1) square += vector[place]! * vector[place]!;
  if (!Number.isFinite(square)) {
    const place = vector.findIndex((value) => !Number.isFinite(value));
    throw vectorsError({
      type: "vectors-value",
      row,
      message: `Value ${place + 1} of the vector of row ${row} is ${vector[place]}, which is not a finite 32-bit float.`,
    });
  }
  if (square === 0) {
    throw vectorsError({
      type: "vectors-value",
      row,
      message: `The vector of row ${row} is zero, and so points nowhere.`,
      remedy: "Leave such rows out: a cosine with them is not defined.",
    });
  }
}

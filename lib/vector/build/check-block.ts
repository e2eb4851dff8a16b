import { DomainError } from "../../errors/domain-error.ts";
import type { VectorBlock } from "../format/vector-block.ts";

interface BlockPlace {
  dimension: number;
  firstOrdinal: number;
  /** What the whole build was announced with. */
  vectorCount: number;
}

/**
 * Refuses what no index can hold: partial vectors, more of them than announced, values that are not finite, vectors
 * without direction, metadata of another length. Returns the number of vectors.
 */
export function checkBlock(block: VectorBlock, { dimension, firstOrdinal, vectorCount }: BlockPlace): number {
  const { vectors, metadata = {} } = block;
  const count = vectors.length / dimension;
  if (!Number.isInteger(count)) {
    throw new DomainError({
      kind: "invalid",
      type: "vector-dimension",
      message: `A block of ${vectors.length} values does not hold whole vectors of ${dimension} values.`,
    });
  }
  if (firstOrdinal + count > vectorCount) throw wrongVectorCount(vectorCount, firstOrdinal + count);
  for (let row = 0; row < count; row++) {
    if (!hasDirection(vectors, row * dimension, dimension)) {
      throw new DomainError({
        kind: "invalid",
        type: "vector-value",
        message: `Vector ${firstOrdinal + row} is zero or holds a value that is not a finite number.`,
        remedy:
          "Leave rows without a usable vector out of the build and account for them as failed or excluded.",
      });
    }
  }
  for (const [name, values] of Object.entries(metadata)) {
    if (values.length === count) continue;
    throw new DomainError({
      kind: "invalid",
      type: "vector-metadata",
      field: name,
      message: `Column ${name} has ${values.length} values for a block of ${count} vectors.`,
    });
  }
  return count;
}

export function wrongVectorCount(announced: number, got: number): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "vector-count",
    message: `The build was announced with ${announced} vectors and got ${got}.`,
  });
}

function hasDirection(vectors: Float32Array, offset: number, dimension: number): boolean {
  let square = 0;
  for (let index = offset; index < offset + dimension; index++) square += vectors[index]! * vectors[index]!;
  return square > 0 && Number.isFinite(square);
}

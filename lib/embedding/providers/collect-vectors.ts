import { answerError } from "./provider-errors.ts";

/** One vector as it came: numbers, or the base64 of 32-bit floats in little-endian order. */
export interface AnsweredVector {
  index: number;
  values: readonly unknown[] | string;
}

/**
 * Puts each vector in its text's place and brings it to length 1. Throws an `answer-…` error where one is not of the
 * dimension, holds what is no finite number, or is zero, and where a text has none or two.
 */
export function collectVectors(
  answer: readonly AnsweredVector[],
  expected: { provider: string; textCount: number; dimension: number },
): Float32Array {
  const { provider, textCount, dimension } = expected;
  if (answer.length < textCount) {
    throw answerError(provider, "short_answer", `${answer.length} vectors for ${textCount} texts`);
  }
  const vectors = new Float32Array(textCount * dimension);
  const seen = new Set<number>();
  for (const { index, values } of answer) {
    if (!Number.isInteger(index) || index < 0 || index >= textCount || seen.has(index)) {
      throw answerError(
        provider,
        "wrong_index",
        `a vector for the text ${index} of ${textCount}, twice or of none`,
      );
    }
    seen.add(index);
    const target = vectors.subarray(index * dimension, (index + 1) * dimension);
    const given = typeof values === "string" ? decodeInto(values, target) : copyInto(values, target);
    if (given !== dimension) {
      throw answerError(provider, "wrong_dimension", `a vector of ${given} values instead of ${dimension}`);
    }
    normalise(target, provider);
  }
  return vectors;
}

/** How many values there were; only the right number is copied. Every machine that runs Node is little-endian. */
function decodeInto(base64: string, target: Float32Array): number {
  const byteCount = Buffer.byteLength(base64, "base64");
  if (byteCount !== target.byteLength) return byteCount / 4;
  const written = Buffer.from(target.buffer, target.byteOffset, target.byteLength).write(base64, "base64");
  return written / 4;
}

function copyInto(values: readonly unknown[], target: Float32Array): number {
  if (values.length !== target.length) return values.length;
  for (let place = 0; place < target.length; place += 1) {
    const value = values[place];
    target[place] = typeof value === "number" ? value : Number.NaN;
  }
  return target.length;
}

function normalise(vector: Float32Array, provider: string): void {
  let square = 0;
  for (let place = 0; place < vector.length; place += 1) square += vector[place]! * vector[place]!;
  if (!Number.isFinite(square))
    throw answerError(provider, "not_finite", "a vector holds what is no finite number");
  if (square === 0) throw answerError(provider, "zero", "a vector is zero");
  const length = Math.sqrt(square);
  for (let place = 0; place < vector.length; place += 1) vector[place] = vector[place]! / length;
}

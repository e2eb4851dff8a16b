/** Back to back; where they stand so in one array already, that array. */
export function joinVectors(
  values: readonly (Float32Array | string | undefined)[],
  dimension: number,
): Float32Array {
  const [first] = values;
  if (first instanceof Float32Array && first.buffer.byteLength === values.length * dimension * 4) {
    const isInPlace = (value: (typeof values)[number], index: number) =>
      value instanceof Float32Array &&
      value.buffer === first.buffer &&
      value.byteOffset === index * dimension * 4;
    if (values.every(isInPlace)) return new Float32Array(first.buffer);
  }
  const vectors = new Float32Array(values.length * dimension);
  for (const [index, value] of values.entries()) {
    if (value instanceof Float32Array) vectors.set(value, index * dimension);
  }
  return vectors;
}

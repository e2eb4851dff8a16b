/**
 * Cosine of `query` and the vector that starts at `offset`, accumulated in doubles so that equal vectors give equal
 * scores everywhere. A zero vector has no direction and scores 0.
 */
export function cosineSimilarity(
  query: Float32Array,
  queryNorm: number,
  vectors: Float32Array,
  offset: number,
): number {
  let dotEven = 0;
  let dotOdd = 0;
  let squareEven = 0;
  let squareOdd = 0;
  const paired = query.length - (query.length % 2);
  for (let index = 0; index < paired; index += 2) {
    const even = vectors[offset + index]!;
    const odd = vectors[offset + index + 1]!;
    dotEven += query[index]! * even;
    dotOdd += query[index + 1]! * odd;
    squareEven += even * even;
    squareOdd += odd * odd;
  }
  if (paired < query.length) {
    const last = vectors[offset + paired]!;
    dotEven += query[paired]! * last;
    squareEven += last * last;
  }
  const norms = queryNorm * Math.sqrt(squareEven + squareOdd);
  if (norms === 0) return 0;
  return Math.min(1, Math.max(-1, (dotEven + dotOdd) / norms));
}

export function euclideanNorm(vector: Float32Array): number {
  let even = 0;
  let odd = 0;
  const paired = vector.length - (vector.length % 2);
  for (let index = 0; index < paired; index += 2) {
    even += vector[index]! * vector[index]!;
    odd += vector[index + 1]! * vector[index + 1]!;
  }
  if (paired < vector.length) even += vector[paired]! * vector[paired]!;
  return Math.sqrt(even + odd);
}

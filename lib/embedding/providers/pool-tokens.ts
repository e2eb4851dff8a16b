export interface TokenVectors {
  /** One vector for each token of each text, back to back, texts padded to one width. */
  values: Float32Array;
  /** 1 for a token of the text, 0 for padding. */
  mask: readonly number[];
  /** Tokens of a padded text. */
  width: number;
  dimension: number;
  /** Take the first token's vector, which some models are trained to sum the text up in. */
  firstOnly: boolean;
}

/** One vector for each text: the mean of its tokens' vectors, or that of its first. */
export function poolTokens({ values, mask, width, dimension, firstOnly }: TokenVectors): Float32Array {
  const textCount = mask.length / width;
  const pooled = new Float32Array(textCount * dimension);
  for (let text = 0; text < textCount; text += 1) {
    const target = pooled.subarray(text * dimension, (text + 1) * dimension);
    const length = firstOnly ? 1 : width;
    let count = 0;
    for (let token = text * width; token < text * width + length; token += 1) {
      if (mask[token] !== 1) continue;
      count += 1;
      for (let place = 0; place < dimension; place += 1) target[place]! += values[token * dimension + place]!;
    }
    for (let place = 0; place < dimension; place += 1) target[place] = target[place]! / Math.max(1, count);
  }
  return pooled;
}

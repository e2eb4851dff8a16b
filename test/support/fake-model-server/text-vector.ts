import { createHash } from "node:crypto";

const word = /[\p{L}\p{N}]+/gu;
/** A test's vocabulary is smaller; without a bound a benchmark's made-up words would fill the memory. */
const wordsMax = 20_000;
const known = new Map<string, Float32Array>();

/** The sum of one random direction for each word, of length 1: texts that share words are near each other. */
export function textVector(text: string, model: { name: string; dimension: number }): Float32Array {
  const vector = new Float32Array(model.dimension);
  const words = text.toLowerCase().match(word) ?? [];
  // Real models have a vector for an empty text too.
  for (const each of words.length > 0 ? words : [""]) {
    const direction = wordDirection(each, model);
    for (let index = 0; index < vector.length; index += 1) vector[index]! += direction[index]!;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function wordDirection(each: string, { name, dimension }: { name: string; dimension: number }): Float32Array {
  const key = `${name}\n${dimension}\n${each}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  let state = createHash("sha256").update(key).digest().readUInt32LE(0) || 1;
  const direction = Float32Array.from({ length: dimension }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x80000000 - 1;
  });
  if (known.size < wordsMax) known.set(key, direction);
  return direction;
}

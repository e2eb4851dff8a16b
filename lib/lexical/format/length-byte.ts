// Lucene keeps lengths up to here exactly: what its 255 codes leave over after 231 for the larger numbers.
const exactMax = 24;

/**
 * Lucene's length code: exact below 40, then the leading four bits, rounded down. Sharing the rounding is part of
 * ranking like Lucene does, and a length takes one byte.
 */
export function encodeLength(length: number): number {
  if (length < exactMax) return length;
  const rest = length - exactMax;
  const bits = 32 - Math.clz32(rest);
  if (bits < 4) return exactMax + rest;
  const shift = bits - 4;
  return exactMax + (((rest >>> shift) & 7) | ((shift + 1) << 3));
}

export function decodeLength(code: number): number {
  if (code < exactMax) return code;
  const rest = code - exactMax;
  const shift = (rest >>> 3) - 1;
  return exactMax + (shift < 0 ? rest : ((rest & 7) | 8) * 2 ** shift);
}

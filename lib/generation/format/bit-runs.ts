/** Sets in `target` the bits that are set in a run of `source`; both runs have `length` bits. */
export function copyBits(
  source: { bits: Uint32Array; start: number },
  target: { bits: Uint32Array; start: number },
  length: number,
): void {
  for (let done = 0; done < length; done += 32) {
    const left = length - done;
    const word = readWord(source.bits, source.start + done) & (left < 32 ? (1 << left) - 1 : -1);
    if (word !== 0) orWord(target.bits, target.start + done, word);
  }
}

export function countBits(bits: Uint32Array): number {
  let count = 0;
  for (let word of bits) {
    word -= (word >>> 1) & 0x5555_5555;
    word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }
  return count;
}

function readWord(bits: Uint32Array, start: number): number {
  const place = start >>> 5;
  const shift = start & 31;
  const low = bits[place] ?? 0;
  return shift === 0 ? low : (low >>> shift) | ((bits[place + 1] ?? 0) << (32 - shift));
}

function orWord(bits: Uint32Array, start: number, word: number): void {
  const place = start >>> 5;
  const shift = start & 31;
  bits[place] = (bits[place] ?? 0) | (word << shift);
  const rest = shift === 0 ? 0 : word >>> (32 - shift);
  // A typed array ignores what is written behind its end, and no run reaches there.
  if (rest !== 0) bits[place + 1] = (bits[place + 1] ?? 0) | rest;
}

/**
 * A sample of the numbers below `count`, ascending: at least one, each with the same chance, the same for the same
 * seed. One number is drawn from each of as many equal stretches, so that the sample covers the whole evenly.
 */
export function sampleOrdinals(count: number, share: number, seed: number): Uint32Array {
  const size = Math.min(count, Math.max(1, Math.round(count * share)));
  const random = createRandom(seed);
  return Uint32Array.from({ length: size }, (_, place) => {
    const first = Math.floor((place * count) / size);
    const next = Math.floor(((place + 1) * count) / size);
    return first + Math.floor(random() * (next - first));
  });
}

/** Mulberry32: small, seeded, and even enough to draw a sample. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

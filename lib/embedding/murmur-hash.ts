/**
 * MurmurHash3_x86_32 (Austin Appleby, public domain) in three parts, so that many hashes share the mixing of one unit:
 * `finishHash(hashStep(hashStep(seed, mixUnit(a)), mixUnit(b)), 2)` hashes the two 32-bit blocks a and b.
 * The length is counted in blocks, not in bytes.
 */
export function mixUnit(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

export function hashStep(hash: number, mixedUnit: number): number {
  const joined = hash ^ mixedUnit;
  return (Math.imul((joined << 13) | (joined >>> 19), 5) + 0xe6546b64) | 0;
}

/** A signed 32-bit integer. */
export function finishHash(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

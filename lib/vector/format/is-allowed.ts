/** Whether the bits of a `RowFilter` hold `ordinal`. */
export function isAllowed(bits: Uint32Array, ordinal: number): boolean {
  return ((bits[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 1;
}

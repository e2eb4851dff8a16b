import type { ColumnBuffer } from "./column-buffer.ts";

const wordValues = 4_294_967_296;

/** A whole number of at most 2^53 as 64 bits. `|` takes any number modulo 2^32. */
export function setSafeInteger(buffer: ColumnBuffer, row: number, value: number): void {
  buffer.int32[2 * row] = value | 0;
  buffer.int32[2 * row + 1] = Math.floor(value / wordValues);
}

export function setBigInt(buffer: ColumnBuffer, row: number, value: bigint): void {
  buffer.int32[2 * row] = Number(BigInt.asIntN(32, value));
  buffer.int32[2 * row + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** 128 bits. */
export function setHugeInt(buffer: ColumnBuffer, row: number, value: bigint): void {
  for (let word = 0; word < 4; word += 1) {
    buffer.int32[4 * row + word] = Number(BigInt.asIntN(32, value >> BigInt(32 * word)));
  }
}

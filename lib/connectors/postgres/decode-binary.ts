import { type Decoder, TypeTooNarrow } from "../column-plan.ts";
import { setBigInt, setHugeInt, setSafeInteger } from "../write-words.ts";

/** Days and microseconds between 1970, where the engine counts from, and 2000, where PostgreSQL does. */
const epochDays = 10_957;
const epochLow = 946_684_800_000_000 % 4_294_967_296;
const epochHigh = Math.floor(946_684_800_000_000 / 4_294_967_296);
const int32Max = 2_147_483_647;

export const decodeBytes: Decoder = (buffer, row, bytes, start, end) =>
  buffer.setBytes(row, bytes.subarray(start, end));

export const decodeBoolean: Decoder = (buffer, row, bytes, start) => {
  buffer.int8[row] = bytes[start]!;
};

export const decodeInt2: Decoder = (buffer, row, bytes, start) =>
  setSafeInteger(buffer, row, bytes.readInt16BE(start));

export const decodeInt4: Decoder = (buffer, row, bytes, start) =>
  setSafeInteger(buffer, row, bytes.readInt32BE(start));

export const decodeOid: Decoder = (buffer, row, bytes, start) =>
  setSafeInteger(buffer, row, bytes.readUInt32BE(start));

/** For times of day as well, which are microseconds in both. */
export const decodeInt8: Decoder = (buffer, row, bytes, start) => {
  buffer.int32[2 * row] = bytes.readInt32BE(start + 4);
  buffer.int32[2 * row + 1] = bytes.readInt32BE(start);
};

export const decodeFloat4: Decoder = (buffer, row, bytes, start) => {
  buffer.float64[row] = bytes.readFloatBE(start);
};

export const decodeFloat8: Decoder = (buffer, row, bytes, start) => {
  buffer.float64[row] = bytes.readDoubleBE(start);
};

export const decodeUuid: Decoder = (buffer, row, bytes, start) => {
  for (let word = 0; word < 4; word += 1) {
    buffer.int32[4 * row + word] = bytes.readInt32BE(start + 12 - 4 * word);
  }
  // The engine keeps it as a signed number that sorts as the text does.
  buffer.int32[4 * row + 3]! ^= 0x8000_0000;
};

/** Both ends of the range are the infinities, which the engine has too, the lower one a step further in. */
export const decodeDate: Decoder = (buffer, row, bytes, start) => {
  const days = bytes.readInt32BE(start);
  if (days === int32Max) buffer.int32[row] = int32Max;
  else if (days === -int32Max - 1) buffer.int32[row] = -int32Max;
  else buffer.int32[row] = days + epochDays;
};

export const decodeTimestamp: Decoder = (buffer, row, bytes, start) => {
  const high = bytes.readInt32BE(start);
  const low = bytes.readUInt32BE(start + 4);
  if (high === int32Max && low === 0xffff_ffff) return setWords(buffer.int32, row, -1, int32Max);
  if (high === -int32Max - 1 && low === 0) return setWords(buffer.int32, row, 1, -int32Max - 1);
  const sum = low + epochLow;
  const carried = high + epochHigh + (sum > 0xffff_ffff ? 1 : 0);
  if (carried > int32Max) throw new TypeTooNarrow("varchar", "a point in time after the year 294246");
  setWords(buffer.int32, row, sum | 0, carried);
};

function setWords(words: Int32Array, row: number, low: number, high: number): void {
  words[2 * row] = low;
  words[2 * row + 1] = high;
}

/** The digits come in groups of four, the first one worth 10000^weight. */
export function decodeNumeric(precision: number, scale: number): Decoder {
  // Up to 15 digits and what pads the last group: what a double loses of that is gone with the division.
  if (precision > 15) return decodeWideNumeric(precision, scale);
  return (buffer, row, bytes, start) => {
    const groups = bytes.readInt16BE(start);
    const negative = numericSign(bytes, start);
    let value = 0;
    for (let group = 0; group < groups; group += 1) {
      value = value * 10_000 + bytes.readInt16BE(start + 8 + 2 * group);
    }
    const shift = 4 * (bytes.readInt16BE(start + 2) - groups + 1) + scale;
    const scaled = shift >= 0 ? value * powers[shift]! : Math.round(value / powers[-shift]!);
    setSafeInteger(buffer, row, negative ? -scaled : scaled);
  };
}

const powers = Array.from({ length: 24 }, (_, exponent) => 10 ** exponent);

function decodeWideNumeric(precision: number, scale: number): Decoder {
  const set = precision <= 18 ? setBigInt : setHugeInt;
  return (buffer, row, bytes, start) => {
    const groups = bytes.readInt16BE(start);
    const negative = numericSign(bytes, start);
    let value = 0n;
    for (let group = 0; group < groups; group += 1) {
      value = value * 10_000n + BigInt(bytes.readInt16BE(start + 8 + 2 * group));
    }
    const shift = 4 * (bytes.readInt16BE(start + 2) - groups + 1) + scale;
    const scaled = shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift);
    set(buffer, row, negative ? -scaled : scaled);
  };
}

function numericSign(bytes: Buffer, start: number): boolean {
  const sign = bytes.readUInt16BE(start + 4);
  if (sign > 0x4000) throw new TypeTooNarrow("varchar", "a numeric that is no number");
  return sign === 0x4000;
}

import { type Decoder, TypeTooNarrow } from "../column-plan.ts";
import { setBigInt, setHugeInt, setSafeInteger } from "../write-words.ts";

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;
/** So many digits are exact in a double at every step. */
const safeDigits = 15;

export const decodeBytes: Decoder = (buffer, row, bytes, start, end) =>
  buffer.setBytes(row, bytes.subarray(start, end));

export const decodeInteger: Decoder = (buffer, row, bytes, start, end) => {
  if (end - start > safeDigits) return setBigInt(buffer, row, BigInt(bytes.toString("latin1", start, end)));
  const negative = bytes[start] === minus;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at += 1) value = value * 10 + bytes[at]! - zero;
  setSafeInteger(buffer, row, negative ? -value : value);
};

/** `tinyint(1)` is what the server makes of BOOLEAN, but nothing keeps other numbers out of it. */
export const decodeFlag: Decoder = (buffer, row, bytes, start, end) => {
  const digit = bytes[start]! - zero;
  if (end - start !== 1 || digit > 1)
    throw new TypeTooNarrow("bigint", "a tinyint(1) that is neither 0 nor 1");
  buffer.int8[row] = digit;
};

/** The server sends bits as bytes, highest first. */
export const decodeBit: Decoder = (buffer, row, bytes, _start, end) => {
  buffer.int8[row] = bytes[end - 1]!;
};

export const decodeBits: Decoder = (buffer, row, bytes, start, end) =>
  setBigInt(buffer, row, readBits(bytes, start, end));

export const decodeWideBits: Decoder = (buffer, row, bytes, start, end) =>
  setHugeInt(buffer, row, readBits(bytes, start, end));

function readBits(bytes: Buffer, start: number, end: number): bigint {
  return BigInt(`0x${bytes.toString("hex", start, end)}`);
}

export const decodeDouble: Decoder = (buffer, row, bytes, start, end) => {
  buffer.float64[row] = Number(bytes.toString("latin1", start, end));
};

/** The server writes every value with its column's whole scale. */
export function decodeDecimal(precision: number): Decoder {
  const set = precision <= 18 ? setBigInt : setHugeInt;
  return (buffer, row, bytes, start, end) => {
    if (end - start > safeDigits) {
      return set(buffer, row, BigInt(bytes.toString("latin1", start, end).replace(".", "")));
    }
    const negative = bytes[start] === minus;
    let value = 0;
    for (let at = negative ? start + 1 : start; at < end; at += 1) {
      if (bytes[at] !== point) value = value * 10 + bytes[at]! - zero;
    }
    const signed = negative ? -value : value;
    if (precision <= 18) setSafeInteger(buffer, row, signed);
    else setHugeInt(buffer, row, BigInt(signed));
  };
}

/** Reads `start … start + count - 1` as digits. */
function digits(bytes: Buffer, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) value = value * 10 + bytes[at]! - zero;
  return value;
}

/** Tells of values that no calendar has: `0000-00-00`, or a month or day 0. They become NULL. */
export type OnZeroDate = () => void;

export function decodeDate(onZeroDate: OnZeroDate): Decoder {
  return (buffer, row, bytes, start) => {
    const days = dayNumber(bytes, start);
    if (days !== undefined) buffer.int32[row] = days;
    else {
      buffer.setNull(row);
      onZeroDate();
    }
  };
}

/** `YYYY-MM-DD hh:mm:ss`, with up to six digits of a second behind it. */
export function decodeDateTime(onZeroDate: OnZeroDate): Decoder {
  return (buffer, row, bytes, start, end) => {
    const days = dayNumber(bytes, start);
    if (days === undefined) {
      buffer.setNull(row);
      onZeroDate();
      return;
    }
    const time =
      digits(bytes, start + 11, 2) * 3_600 + digits(bytes, start + 14, 2) * 60 + digits(bytes, start + 17, 2);
    const fractionDigits = Math.max(0, end - start - 20);
    const micros =
      fractionDigits === 0 ? 0 : digits(bytes, start + 20, fractionDigits) * 10 ** (6 - fractionDigits);
    // Years from 1 to 9999 are 3 * 10^17 microseconds at most: seconds and what is left of them are exact apart.
    const seconds = days * 86_400 + time;
    if (seconds > -9_000_000_000 && seconds < 9_000_000_000) {
      setSafeInteger(buffer, row, seconds * 1_000_000 + micros);
    } else setBigInt(buffer, row, BigInt(seconds) * 1_000_000n + BigInt(micros));
  };
}

/** Days since 1970 by the Gregorian calendar, which both servers extend into the past. */
function dayNumber(bytes: Buffer, start: number): number | undefined {
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  if (month === 0 || day === 0) return undefined;
  // Counted from March, a leap day is a year's last.
  const fromMarch = (month + 9) % 12;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

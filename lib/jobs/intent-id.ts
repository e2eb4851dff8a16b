import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeLength = 10;
/** 80 random bits: no two processes draw the same id within one millisecond. */
const randomLength = 16;

/** A new id that sorts by the millisecond in which it was drawn: 26 lower-case base32 digits, as in a ULID. */
export function newIntentId(nowMs: number = Date.now()): string {
  let time = "";
  for (let rest = nowMs, digit = 0; digit < timeLength; digit++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of randomBytes(randomLength)) random += alphabet.charAt(byte % 32);
  return time + random;
}

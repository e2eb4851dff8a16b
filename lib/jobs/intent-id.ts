import { randomUUID } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeLength = 10;

/** A new id that sorts by the millisecond in which it was drawn: 26 lower-case base32 digits, as in a ULID. */
export function newIntentId(nowMs: number = Date.now()): string {
  // Node draws the bits of many of these at once; a draw of its own for each id would cost 10 µs.
  const uuid = randomUUID();
  const [first, last] = [`${uuid.slice(0, 8)}${uuid.slice(9, 11)}`, uuid.slice(-10)];
  // Twice 40 bits, all of them random: no two processes draw the same id within one millisecond.
  const random = [first, last].map((digits) => base32(Number.parseInt(digits, 16), 8));
  return base32(nowMs, timeLength) + random.join("");
}

function base32(value: number, length: number): string {
  let digits = "";
  let rest = value;
  while (digits.length < length) {
    digits = alphabet.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}

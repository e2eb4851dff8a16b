import { createHash, randomUUID } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeLength = 10;

/** A new id that sorts by the millisecond in which it was drawn: 26 lower-case digits, as long as a ULID. */
export function newIntentId(nowMs: number = Date.now()): string {
  // Node draws the bits of many of these at once; a draw of its own for each id would cost 10 µs.
  const uuid = randomUUID();
  // Twice 40 bits, all of them random: no two processes draw the same id within one millisecond.
  return sortable(nowMs) + random(`${uuid.slice(0, 8)}${uuid.slice(9, 11)}`) + random(uuid.slice(-10));
}

/** The id of what happens at one time for one reason: the same each time, and sorted as any other. */
export function intentIdAt(timeMs: number, reason: string): string {
  const digest = createHash("sha256").update(`${reason}@${timeMs}`).digest("hex");
  return sortable(timeMs) + digest.slice(0, 16);
}

/** When the id was drawn, or what it was made for happened. */
export function intentTimeMs(intent: string): number {
  const digits = [...intent.slice(0, timeLength)].map((digit) => alphabet.indexOf(digit));
  return digits.reduce((time, digit) => time * 32 + digit, 0);
}

function sortable(nowMs: number): string {
  let digits = "";
  let rest = nowMs;
  while (digits.length < timeLength) {
    digits = alphabet.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}

/** Ten hexadecimal digits as eight. Their order means nothing, so the engine's own digits do. */
function random(hexadecimal: string): string {
  return Number.parseInt(hexadecimal, 16).toString(32).padStart(8, "0");
}

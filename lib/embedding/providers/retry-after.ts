/** A server that asks for more is asked again after a day. */
const secondsMax = 86_400;

/** Seconds of a `Retry-After` header, which holds seconds or a date; undefined where it holds neither. */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.min(Math.max(0, seconds), secondsMax);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, (at - now) / 1_000), secondsMax);
}

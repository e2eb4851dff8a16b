import { CronExpressionParser } from "cron-parser";

/** When something is to happen again and again, by the clock of one place. */
export interface Cron {
  cron: string;
  /** One of the system's, such as Europe/Berlin. */
  timezone: string;
}

/** Five fields, or six with seconds; what the parser takes beyond that (`@daily`, `L`, `#`) is fine too. */
export function isCronExpression(text: string): boolean {
  try {
    CronExpressionParser.parse(text);
    return text.trim() !== "";
  } catch {
    // The parser has no other way to say no.
    return false;
  }
}

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    // Nor has the platform.
    return false;
  }
}

/** The latest time at or before `nowMs` at which the expression fires; in milliseconds since 1970. */
export function lastTick(cron: Cron, nowMs: number): number {
  // The parser looks for times strictly before.
  return parse(cron, nowMs + 1)
    .prev()
    .getTime();
}

/** The first time after `afterMs`. */
export function nextTick(cron: Cron, afterMs: number): number {
  return parse(cron, afterMs).next().getTime();
}

function parse({ cron, timezone: tz }: Cron, currentMs: number) {
  return CronExpressionParser.parse(cron, { currentDate: new Date(currentMs), tz });
}

import { CronExpressionParser } from "cron-parser";

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
export function lastTick(expression: { cron: string; timezone: string }, nowMs: number): number {
  const { cron, timezone: tz } = expression;
  // The parser looks for times strictly before.
  return CronExpressionParser.parse(cron, { currentDate: new Date(nowMs + 1), tz })
    .prev()
    .getTime();
}

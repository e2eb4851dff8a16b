import { CronExpressionParser } from "cron-parser";
import { DomainError } from "../errors/domain-error.ts";
import { isTimezone } from "../refresh/last-tick.ts";

/** A cron expression of five fields, or of six that begin with seconds, and a time zone of the system's. */
export interface Cron {
  cron: string;
  timezone: string;
}

/** Throws `invalid` (`schedule-cron`, `schedule-timezone`) with its field. By the parser that the queue engine has too. */
export function assertCron({ cron, timezone }: Cron): void {
  if (!isTimezone(timezone)) {
    throw problem(
      "schedule-timezone",
      "timezone",
      `There is no time zone ${JSON.stringify(timezone)}.`,
      "Write it as Europe/Berlin or UTC.",
    );
  }
  try {
    if (!/^\S+(\s+\S+){4,5}$/.test(cron.trim())) throw new Error("it has five fields, or six with seconds");
    parse({ cron, timezone }, Date.now()).next();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw problem(
      "schedule-cron",
      "cron",
      `${JSON.stringify(cron)} is no cron expression: ${reason}.`,
      "Write minute, hour, day, month and weekday, such as 0 3 * * *.",
    );
  }
}

export function nextTick(cron: Cron, afterMs: number): number {
  return parse(cron, afterMs).next().getTime();
}

function parse({ cron, timezone }: Cron, currentMs: number) {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(currentMs) });
}

function problem(type: string, field: string, message: string, remedy: string): DomainError {
  return new DomainError({ kind: "invalid", type, field, message, remedy });
}

import { DomainError } from "../errors/domain-error.ts";
import { type Cron, isTimezone, nextTick } from "../refresh/cron.ts";

/**
 * Five fields, or six that begin with seconds, and a time zone of the system's. Throws `invalid` (`schedule-cron`,
 * `schedule-timezone`) with its field. By the parser that the queue engine has too.
 */
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
    nextTick({ cron, timezone }, Date.now());
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

function problem(type: string, field: string, message: string, remedy: string): DomainError {
  return new DomainError({ kind: "invalid", type, field, message, remedy });
}

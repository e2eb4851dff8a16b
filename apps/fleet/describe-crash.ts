import { logFile } from "./fleet-logs.ts";
import type { Crash } from "./keep-running.ts";

/** One line for the terminal: what ended, how, its last word, and what happens next. */
export function describeCrash(crash: Crash, dataFolder: string): string {
  const how = crash.exit.signal ?? (crash.exit.code === null ? "no start" : `exit ${crash.exit.code}`);
  const again = crash.crashes === 1 ? "" : `, ${crash.crashes} times in a row`;
  const lastWord = crash.exit.lastWord === "" ? "" : `: ${crash.exit.lastWord}`;
  return `${crash.name} ended (${how}${again})${lastWord}. Next start in ${crash.retryInMs / 1_000} s; ${logFile(dataFolder, crash.name)}`;
}

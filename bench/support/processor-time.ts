import { readFileSync } from "node:fs";

/** The kernel counts in hundredths of a second. */
const tickUs = 10_000;

/** Processor time in µs that each process, all its threads together, has used so far. */
export function processorTimeUs(pids: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usedUs(pid)]));
}

function usedUs(pid: number): number {
  const status = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { CommitLog } from "@lakefleet/lib/storage/commit-log.ts";
import { z } from "zod";

/** What a racing writer stores: who it is, and the head it decided on. */
export const RaceDocument = z.strictObject({
  writer: z.string(),
  step: z.int(),
  base: z.int(),
  number: z.int(),
});
export type RaceDocument = z.infer<typeof RaceDocument>;

/** `pause` lets the others work, so that what this writer has seen grows old. */
export type Operation = "commit" | "head" | "skip" | "pause";

/** One operation as its caller saw it. Times are of the machine's one monotonic clock, so processes can be compared. */
export const RaceEvent = z.strictObject({
  writer: z.string(),
  step: z.int(),
  operation: z.enum(["commit", "head", "skip"]),
  beganNs: z.number(),
  endedNs: z.number(),
  /** The commit's number, the head's number, or the head on which nothing was done. */
  number: z.int(),
});
export type RaceEvent = z.infer<typeof RaceEvent>;

/** A commit in memory takes about five turns of the event loop, so in this many others get some done. */
const pauseTurns = 20;

/** Runs the operations one after another. */
export async function race(
  log: CommitLog<RaceDocument>,
  writer: string,
  operations: Operation[],
): Promise<RaceEvent[]> {
  const events: RaceEvent[] = [];
  for (const [step, operation] of operations.entries()) {
    if (operation === "pause") {
      for (let turn = 0; turn < pauseTurns; turn += 1) await nextTurn();
      continue;
    }
    const beganNs = Number(process.hrtime.bigint());
    const number = await runOperation(log, { writer, step, operation });
    events.push({ writer, step, operation, beganNs, endedNs: Number(process.hrtime.bigint()), number });
  }
  return events;
}

async function runOperation(
  log: CommitLog<RaceDocument>,
  { writer, step, operation }: { writer: string; step: number; operation: RaceEvent["operation"] },
): Promise<number> {
  if (operation === "head") return (await log.head())?.number ?? 0;
  let base = 0;
  const commit = await log.commit((head, number) => {
    base = head?.number ?? 0;
    return operation === "skip" ? undefined : { writer, step, base, number };
  });
  return commit?.number ?? base;
}

/**
 * What contradicts linearizability, in sentences; none if the events could have happened one after another, each
 * between its beginning and its end. In a log whose commits are numbered by their order, that is the case exactly if
 * every commit stands in the history once, was decided on the one before it, and no operation that began after
 * another had ended saw less than that one.
 */
export function contradictions(events: RaceEvent[], history: RaceDocument[]): string[] {
  const problems: string[] = [];
  const commits = events.filter((event) => event.operation === "commit");
  if (commits.length !== history.length) {
    problems.push(`${commits.length} commits succeeded, the history has ${history.length}`);
  }
  for (const [index, document] of history.entries()) {
    const number = index + 1;
    if (document.number !== number)
      problems.push(`number ${number} holds the document for ${document.number}`);
    if (document.base !== number - 1) problems.push(`number ${number} was decided on ${document.base}`);
  }
  for (const { writer, step, number } of commits) {
    const stored = history[number - 1];
    if (stored?.writer !== writer || stored.step !== step) {
      problems.push(`commit ${number} of ${writer}, step ${step}, is not in the history`);
    }
  }
  return [...problems, ...orderProblems(events)];
}

function orderProblems(events: RaceEvent[]): string[] {
  const byEnd = [...events].sort((left, right) => left.endedNs - right.endedNs);
  const problems: string[] = [];
  let ended = 0;
  let seen = 0;
  for (const event of [...events].sort((left, right) => left.beganNs - right.beganNs)) {
    for (let next = byEnd[ended]; next !== undefined && next.endedNs < event.beganNs; next = byEnd[ended]) {
      seen = Math.max(seen, next.number);
      ended += 1;
    }
    const least = event.operation === "commit" ? seen + 1 : seen;
    if (event.number < least) {
      problems.push(`${event.operation} of ${event.writer} gave ${event.number} after ${seen} was seen`);
    }
  }
  return problems;
}

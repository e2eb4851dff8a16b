import { DomainError } from "../errors/domain-error.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ActiveGeneration } from "./active-log.ts";

/** What whoever asks believes to be serving; a field that is absent may be anything. */
export interface ExpectedActivation {
  /** The number of the commit that made it active; 0 where nothing is. */
  activation?: number | undefined;
  /** Null where nothing is active. */
  generation?: string | null | undefined;
}

export interface SeenActivation {
  expected: ExpectedActivation | undefined;
  /** What was active when the request came in; a job decides by its data instead. */
  head: Commit<ActiveGeneration> | undefined | "any";
}

/** A change of what serves since it was looked at is `conflict`, `promotion-conflict`: nobody overrules unseen. */
export function assertExpected(
  index: string,
  { expected, head: seen }: SeenActivation,
  head: Commit<ActiveGeneration> | undefined,
): void {
  const number = head?.number ?? 0;
  const generation = head?.document.generation ?? null;
  const moved = seen !== "any" && expected === undefined && (seen?.number ?? 0) !== number;
  const otherNumber = expected?.activation !== undefined && expected.activation !== number;
  const otherGeneration = expected?.generation !== undefined && expected.generation !== generation;
  if (!moved && !otherNumber && !otherGeneration) return;
  throw new DomainError({
    kind: "conflict",
    type: "promotion-conflict",
    field: "generation",
    message: `Somebody else was faster: the index ${index} serves ${generation ?? "nothing"} since activation ${number}.`,
    remedy: "Look at what serves now, and ask again if you still want the change.",
  });
}

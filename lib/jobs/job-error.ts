import { UnrecoverableError } from "bullmq";
import { DomainError } from "../errors/domain-error.ts";
import { type Problem, problemFrom } from "../errors/problem.ts";
import { StoredProblem } from "./intent-record.ts";

/** Ends a job for good, whatever attempts it has left. Its message is the problem document as JSON. */
export class PermanentJobError extends UnrecoverableError {
  constructor(problem: Problem, cause?: unknown) {
    super(JSON.stringify(problem));
    this.cause = cause;
  }
}

/** Ends one attempt; the queue repeats it while attempts are left. Its message is the problem document as JSON. */
export class AttemptError extends Error {
  override name = "AttemptError";
  constructor(problem: Problem, cause?: unknown) {
    super(JSON.stringify(problem), { cause });
  }
}

/** How an attempt ends that threw `error`: only what a repetition could change is repeated. */
export function jobErrorFrom(error: unknown): PermanentJobError | AttemptError {
  const permanent = error instanceof DomainError && !error.retryable;
  const problem = problemFrom(error);
  return permanent ? new PermanentJobError(problem, error) : new AttemptError(problem, error);
}

/** The problem that a failed job holds; what the queue engine wrote itself becomes an internal error. */
export function readProblem(failedReason: string | undefined): Problem {
  const parsed = StoredProblem.safeParse(parseJson(failedReason ?? ""));
  return parsed.success ? parsed.data : problemFrom(undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

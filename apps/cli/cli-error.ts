import type { Problem } from "@lakefleet/lib/errors/problem.ts";

/** Ends the command with one line on stderr: exit code 2 where the input is at fault, 1 otherwise. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}

/** A problem document as one line: what, where, what to do. */
export function errorFromProblem(problem: Partial<Problem>): CliError {
  const place = Object.entries(problem.place ?? {}).map(([name, value]) => `${name} ${value}`);
  const parts = [problem.detail ?? problem.title ?? "The request failed."];
  if (place.length > 0) parts.push(`(${place.join(", ")})`);
  if (problem.remedy) parts.push(problem.remedy);
  const status = problem.status ?? 500;
  return new CliError(
    parts.join(" ").replace(/\s+/g, " "),
    status >= 400 && status < 500 && status !== 429 ? 2 : 1,
  );
}

import { existsSync } from "node:fs";
import path from "node:path";

/**
 * A folder of public test data beside the checkout. Where it is not there, undefined and a loud line that says what
 * was not run; in CI, where it must be there, an error.
 */
export function sharedData(folder: string): string | undefined {
  const found = path.resolve(import.meta.dirname, "../../../shared/data", folder);
  if (existsSync(found)) return found;
  const message = `NOT RUN: ${folder} is not at ${found}; only the cases made here were run.`;
  if (process.env.CI) throw new Error(message);
  console.warn(message);
  return undefined;
}

/** Stands in for `test` or `describe` where the data is missing; the line above has said what is not run. */
export function notRun(_name: string, _body: () => void): void {}

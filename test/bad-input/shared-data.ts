import { existsSync } from "node:fs";
import path from "node:path";

/**
 * A folder of public test data beside the checkout. Where it is not there, undefined and a loud line that says what
 * was not run.
 */
export function sharedData(folder: string): string | undefined {
  const found = path.resolve(import.meta.dirname, "../../../shared/data", folder);
  if (existsSync(found)) return found;
  console.warn(`NOT RUN: ${folder} is not at ${found}; only the cases made here were run.`);
  return undefined;
}

import { createHash } from "node:crypto";

/**
 * The id of the flow that one refresh starts for one index: the same each time, so that a refresh that is delivered
 * twice starts nothing twice. It keeps the parent's time, the first ten digits, and so sorts beside it.
 */
export function childIntent(parent: string, index: string): string {
  const digest = createHash("sha256").update(`${parent}/${index}`).digest("hex");
  return parent.slice(0, 10) + digest.slice(0, 16);
}

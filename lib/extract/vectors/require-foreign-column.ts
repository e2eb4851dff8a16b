import { vectorsError } from "./vectors-error.ts";

/** Throws `vectors-column` with the names there are. */
export function requireForeignColumn(names: readonly string[], name: string): void {
  if (names.includes(name)) return;
  throw vectorsError({
    type: "vectors-column",
    column: name.slice(0, 100),
    message: `The file has no column ${JSON.stringify(name.slice(0, 100))}.`,
    remedy: `Its columns are ${names.slice(0, 50).join(", ").slice(0, 1_000) || "none"}.`,
  });
}

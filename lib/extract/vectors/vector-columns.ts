import { z } from "zod";
import { vectorsError } from "./vectors-error.ts";

const Name = z.string().min(1).max(1_000);

/** Which columns of a foreign file are what. */
export const VectorColumns = z.strictObject({
  vector: Name,
  /** Absent: the row's number, from 0. */
  id: Name.optional(),
  /** Absent: the id, so that words still find something. */
  text: Name.optional(),
  metadata: z.array(Name).max(256),
});
export type VectorColumns = z.infer<typeof VectorColumns>;

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

import { z } from "zod";

/** The books of one index against one dataset version, in rows of the dataset. */
export const Accounting = z.strictObject({
  rows: z.int().nonnegative(),
  indexed: z.int().nonnegative(),
  pending: z.int().nonnegative(),
  failed: z.record(z.string(), z.int().positive()),
  excluded: z.record(z.string(), z.int().positive()),
  balanced: z.boolean(),
});
export type Accounting = z.infer<typeof Accounting>;

/** A row of the dataset that is not indexed, with why. */
export interface MissingRow {
  rowId: number;
  docId: string;
  state: "pending" | "failed" | "excluded";
  reason: string;
}

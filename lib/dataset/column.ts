import { z } from "zod";

/** Column types a dataset can have. `json` is text that holds one JSON value; `decimal` keeps its scale in `detail`. */
export const ColumnType = z.enum([
  "boolean",
  "bigint",
  "double",
  "decimal",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "varchar",
  "json",
  "blob",
]);
export type ColumnType = z.infer<typeof ColumnType>;

export const Column = z.strictObject({
  name: z.string().min(1),
  type: ColumnType,
  /** The engine's own type where `type` is wider: `DECIMAL(10,2)`. */
  detail: z.string().optional(),
});
export type Column = z.infer<typeof Column>;

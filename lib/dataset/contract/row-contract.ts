import { z } from "zod";
import { ColumnType } from "../column.ts";

const ColumnName = z.string().min(1).max(1_000);
const Bound = z.union([z.number(), z.string().min(1).max(100)]);
const Length = z.int().nonnegative().max(1_000_000_000);

/** Types whose values can be told from text; bytes cannot. */
const ContractType = ColumnType.exclude(["blob"]);

/** What the values of one column must be. Empty values are judged by `nullable` alone. */
export const ColumnRule = z.strictObject({
  name: ColumnName,
  /** Every value can be read as this type; what comes in under another one is stored as this. */
  type: ContractType.optional(),
  /** Whether rows without the column are refused as a whole. */
  required: z.boolean().optional(),
  nullable: z.boolean().optional(),
  /** Inclusive; a number, or the text of a date or time with such a `type`. */
  min: Bound.optional(),
  max: Bound.optional(),
  /** In characters. */
  length: z.strictObject({ min: Length.optional(), max: Length.optional() }).optional(),
  /** In the syntax of RE2, which knows no look-ahead and cannot run away; the whole value must match. */
  pattern: z.string().min(1).max(1_000).optional(),
  enum: z
    .array(z.union([z.number(), z.string().max(1_000)]))
    .min(1)
    .max(1_000)
    .optional(),
});
export type ColumnRule = z.infer<typeof ColumnRule>;

/** What new rows of a dataset must keep to. */
export const RowContract = z.strictObject({
  columns: z.array(ColumnRule).max(1_000).default([]),
  /** Columns whose values together may occur once in the dataset; where one of them is empty, nothing is compared. */
  unique: z.array(ColumnName).min(1).max(16).optional(),
  /** Whether columns that are not named above may come in. */
  extra: z.enum(["allow", "refuse"]).optional(),
  /** Whether rows may come in whose columns are not the dataset's: added, missing, renamed or of another type. */
  drift: z.enum(["allow", "refuse"]).optional(),
});
export type RowContract = z.infer<typeof RowContract>;

import { z } from "zod";
import { ColumnType } from "../column.ts";

const ColumnName = z.string().min(1).max(1_000);
const Plain = z.union([z.string().max(1_000), z.number(), z.boolean()]);

/** One step of a change of columns. Steps are taken in their order. */
export const MigrationRule = z.discriminatedUnion("kind", [
  /** Where `to` is there already, the two become one: rows of files that have the one or the other. */
  z.strictObject({ kind: z.literal("rename"), from: ColumnName, to: ColumnName }),
  z.strictObject({
    kind: z.literal("cast"),
    column: ColumnName,
    to: ColumnType,
    detail: z.string().max(40).optional(),
  }),
  /** What the rows there are now have where they have nothing; a column that is not there is added with it. */
  z.strictObject({
    kind: z.literal("default"),
    column: ColumnName,
    value: Plain.nullable(),
    type: ColumnType.optional(),
    detail: z.string().max(40).optional(),
  }),
  z.strictObject({ kind: z.literal("drop"), column: ColumnName }),
]);
export type MigrationRule = z.infer<typeof MigrationRule>;

export const migrationRulesMax = 200;

/** Where a file has the values of a dataset's column. */
export const EvolvedColumn = z.strictObject({
  column: z.string(),
  /** The file's own column; null where it has none. */
  from: z.string().nullable(),
  /** Values that are none of the dataset's type are empty instead of an error. */
  lenient: z.literal(true).optional(),
  /** What stands where the file has nothing. */
  value: Plain.optional(),
});
export type EvolvedColumn = z.infer<typeof EvolvedColumn>;

/** A change of columns that somebody approved. */
export const Evolution = z.strictObject({
  rules: z.array(MigrationRule),
  from: z.int().positive(),
  approvedBy: z.string(),
  reason: z.string().optional(),
  at: z.string(),
});
export type Evolution = z.infer<typeof Evolution>;

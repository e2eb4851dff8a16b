import { z } from "zod";
import { kindsOf } from "../dataset/column-sensitivity.ts";
import { DatasetVersion } from "../dataset/dataset-version.ts";
import { SensitiveKind } from "../sensitivity/sensitive-kind.ts";
import { describeSchema } from "./describe-schema.ts";
import { freshnessOf } from "./freshness-state.ts";

/** A dataset as people ask about it. */
export const PresentedDataset = DatasetVersion.extend({
  description: z.string(),
  /** Who wrote the description: `schema` where nobody has and it was put together from the columns. */
  descriptionSource: z.enum(["person", "schema"]),
  /** The columns to look after, by a person's word or else by what was found. */
  sensitive: z.array(
    z.strictObject({ column: z.string(), kinds: z.array(SensitiveKind), by: z.enum(["person", "values"]) }),
  ),
  freshnessState: z
    .strictObject({
      state: z.enum(["fresh", "late", "stale"]),
      updatedAt: z.string(),
      ageSeconds: z.int(),
      staleAt: z.string(),
    })
    .optional(),
});
export type PresentedDataset = z.infer<typeof PresentedDataset>;

/** The version with what follows from it now: a description in any case, what is sensitive, and how fresh it is. */
export function presentDataset(version: DatasetVersion, now: Date): PresentedDataset {
  const state = freshnessOf(version, now);
  return {
    ...version,
    description: version.description ?? describeSchema(version),
    descriptionSource: version.description === undefined ? "schema" : "person",
    sensitive: (version.sensitivity ?? [])
      .map((one) => ({
        column: one.column,
        kinds: kindsOf(one),
        by: one.override ? ("person" as const) : ("values" as const),
      }))
      .filter(({ kinds }) => kinds.length > 0),
    ...(state === undefined ? {} : { freshnessState: state }),
  };
}

import { z } from "zod";

const Retyped = z.strictObject({ column: z.string(), from: z.string(), to: z.string() });
const Renamed = z.strictObject({ from: z.string(), to: z.string(), confidence: z.number() });

/** How the columns that came in were others than the dataset had. A renamed column is not counted as added or missing. */
export const SchemaDrift = z.strictObject({
  added: z.array(z.string()),
  missing: z.array(z.string()),
  retyped: z.array(Retyped),
  renamed: z.array(Renamed),
});
export type SchemaDrift = z.infer<typeof SchemaDrift>;

/** One sentence for people; undefined where nothing drifted. */
export function describeDrift(drift: SchemaDrift): string | undefined {
  const parts = [
    ...drift.renamed.map(
      ({ from, to, confidence }) =>
        `${from} seems to be called ${to} now (confidence ${confidence.toFixed(2)})`,
    ),
    ...drift.retyped.map(({ column, from, to }) => `${column} came as ${to} instead of ${from}`),
    ...(drift.missing.length === 0 ? [] : [`missing: ${drift.missing.join(", ")}`]),
    ...(drift.added.length === 0 ? [] : [`new: ${drift.added.join(", ")}`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

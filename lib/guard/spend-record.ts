import { z } from "zod";

/** A line of a day's log. */
export const SpendRecord = z.discriminatedUnion("kind", [
  /** Written before the call, so whatever happens afterwards it counts as spent until it is settled. */
  z.strictObject({
    kind: z.literal("reserved"),
    id: z.string(),
    model: z.string(),
    nanoUsd: z.int().nonnegative(),
  }),
  /** What the call cost in the end; 0 where it was never made. */
  z.strictObject({ kind: z.literal("settled"), id: z.string(), nanoUsd: z.int().nonnegative() }),
  /** The sums of what is settled in these segments. They count no more, where a kill has left them beside it. */
  z.strictObject({
    kind: z.literal("folded"),
    segments: z.array(z.string()),
    byModel: z.array(z.tuple([z.string(), z.int().nonnegative()])),
  }),
]);
export type SpendRecord = z.infer<typeof SpendRecord>;

/** One day of one provider. */
export interface SpendDay {
  spent: number;
  /** Settled only. */
  byModel: Map<string, number>;
  /** Reserved and not settled: under way, or its process is gone. */
  open: Map<string, { nanoUsd: number; model: string }>;
}

/** Adds a day's segments up; order does not matter, and a record that stands twice counts once. */
export function addUp(segments: ReadonlyMap<string, readonly SpendRecord[]>): SpendDay {
  const folded = [...segments.values()].flat().flatMap((record) => (record.kind === "folded" ? record : []));
  const replaced = new Set(folded.flatMap((record) => record.segments));
  const open: SpendDay["open"] = new Map();
  const settled = new Map<string, number>();
  const byModel = new Map<string, number>();
  const add = (model: string, nanoUsd: number) => byModel.set(model, (byModel.get(model) ?? 0) + nanoUsd);
  for (const [name, records] of segments) {
    if (replaced.has(name)) continue;
    for (const record of records) {
      if (record.kind === "reserved") open.set(record.id, { nanoUsd: record.nanoUsd, model: record.model });
      else if (record.kind === "settled") settled.set(record.id, record.nanoUsd);
      else for (const [model, nanoUsd] of record.byModel) add(model, nanoUsd);
    }
  }
  for (const [id, nanoUsd] of settled) {
    add(open.get(id)?.model ?? "", nanoUsd);
    open.delete(id);
  }
  return { spent: [...byModel.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0), byModel, open };
}

export function reservedIn({ open }: SpendDay): number {
  return [...open.values()].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
}

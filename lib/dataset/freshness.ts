import { z } from "zod";

/** A length of time as people write it: `30m`, `6h`, `1d`, `2w`. */
export const Period = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhdw]$/, "a whole number and m, h, d or w, such as 30m, 6h, 1d");

/** Why the two make no sense together; undefined where they do. */
export function freshnessProblem(freshness: { every?: string | undefined; staleAfter?: string | undefined }) {
  const { every, staleAfter } = freshness;
  if (every === undefined && staleAfter === undefined) return "say how often, after how long, or both";
  const isShorter = every !== undefined && staleAfter !== undefined && periodMs(staleAfter) < periodMs(every);
  return isShorter ? "a dataset cannot be stale before an update is due" : undefined;
}

/** How often rows are expected, and after how long without any the dataset is stale. */
export const Freshness = z.strictObject({ every: Period.optional(), staleAfter: Period.optional() });
export type Freshness = z.infer<typeof Freshness>;

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function periodMs(period: string): number {
  const unit = period.at(-1) as keyof typeof unitMs;
  return Number(period.slice(0, -1)) * unitMs[unit];
}

/** One update may be late without anybody being woken; two are not chance. */
const updatesMissed = 2;

export function staleAfterMs({ every, staleAfter }: Freshness): number {
  if (staleAfter !== undefined) return periodMs(staleAfter);
  return every === undefined ? Number.POSITIVE_INFINITY : periodMs(every) * updatesMissed;
}

import type { Interval } from "../migration-record.ts";

/** What one of several groups, drawn alike, took: so much of something for so many texts. */
export interface GroupCost {
  texts: number;
  amount: number;
}

/** Student's 97.5 % quantile for one to seven degrees of freedom; there are eight groups at most. */
const quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365];

/**
 * What so many texts will take, at the rate of the groups: a ratio of sums, its 95 % interval from how the groups
 * differ (Cochran, Sampling Techniques, 1977, chapter 6). Null for fewer than two groups, which do not tell.
 */
export function predictTotal(groups: readonly GroupCost[], texts: number): Interval | null {
  const known = groups.filter((group) => group.texts > 0);
  const sampled = known.reduce((sum, group) => sum + group.texts, 0);
  if (known.length < 2) return texts === 0 ? { expected: 0, low: 0, high: 0 } : null;
  const rate = known.reduce((sum, { amount }) => sum + amount, 0) / sampled;
  const squares = known.reduce((sum, group) => sum + (group.amount - rate * group.texts) ** 2, 0);
  const error = Math.sqrt((known.length / (known.length - 1)) * squares) / sampled;
  const spread = (quantiles[known.length - 2] ?? quantiles.at(-1)!) * error;
  return {
    expected: rate * texts,
    low: Math.max(0, rate - spread) * texts,
    high: (rate + spread) * texts,
  };
}

/** No figure lies below what the provider's limits allow at least. */
export function atLeast(interval: Interval | null, floor: Interval): Interval | null {
  if (interval === null) return null;
  return {
    expected: Math.max(interval.expected, floor.expected),
    low: Math.max(interval.low, floor.low),
    high: Math.max(interval.high, floor.high),
  };
}

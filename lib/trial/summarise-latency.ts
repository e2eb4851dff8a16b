import { quantile } from "../evaluation/quantile.ts";

export interface LatencySummary {
  /** The middle of the rounds' medians, so that the interval below holds it whatever one round met. */
  p50Ms: number;
  /** Between these lie the medians of most rounds: what a busier or calmer moment makes of the same search. */
  p50LowMs: number;
  p50HighMs: number;
  p95Ms: number;
  p99Ms: number;
}

/** The share of the rounds on either side that does not count: of seven rounds one may have met a hiccup. */
const outermost = 0.15;

/** Of searches in whole rounds, one after the other, each over the same queries in the same order. */
export function summariseLatency(durations: readonly number[], queryCount: number): LatencySummary {
  const medians: number[] = [];
  for (let first = 0; first < durations.length; first += queryCount) {
    medians.push(quantile(durations.slice(first, first + queryCount), 0.5));
  }
  return {
    p50Ms: quantile(medians, 0.5),
    p50LowMs: quantile(medians, outermost),
    p50HighMs: quantile(medians, 1 - outermost),
    p95Ms: quantile(durations, 0.95),
    p99Ms: quantile(durations, 0.99),
  };
}

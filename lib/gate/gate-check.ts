import type { GateCheck } from "../generation/certificate.ts";

export function equals(
  name: string,
  measured: number | string,
  threshold: number | string,
  detail: string,
): GateCheck {
  return { name, passed: measured === threshold, measured, threshold, wanted: "equal", detail };
}

/** Without a limit the figure is reported and nothing can fail. */
export function isAtLeast(
  name: string,
  measured: number,
  limit: number | undefined,
  detail: string,
): GateCheck {
  const passed = limit === undefined || measured >= limit;
  return { name, passed, measured: rounded(measured), threshold: limit ?? null, wanted: "at least", detail };
}

export function isAtMost(
  name: string,
  measured: number,
  limit: number | undefined,
  detail: string,
): GateCheck {
  const passed = limit === undefined || measured <= limit;
  return { name, passed, measured: rounded(measured), threshold: limit ?? null, wanted: "at most", detail };
}

/** What people read in a log or an error: `recall@10: 0.41, wanted at least 0.9 (64 stored vectors …)`. */
export function describeCheck({ name, measured, threshold, wanted, detail }: GateCheck): string {
  if (threshold === null) return `${name}: ${measured}, no limit set (${detail})`;
  if (wanted === "equal") return `${name}: ${measured} instead of ${threshold} (${detail})`;
  return `${name}: ${measured}, wanted ${wanted} ${threshold} (${detail})`;
}

/** Four digits tell apart what a few hundred hits or a clock can. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

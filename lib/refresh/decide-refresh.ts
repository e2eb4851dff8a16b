import type { RefreshPolicy } from "./refresh-policy.ts";

export interface OnAppendFacts {
  policy: Extract<RefreshPolicy, { kind: "on-append" }>;
  /** How long ago this version of the dataset, and the first one that is not followed yet, were first seen. */
  versionAgeMs: number;
  waitingMs: number;
}

/** A stream of writes without a pause must not put off its index for ever. */
const patience = 10;

/** Whether an index that is behind is to follow now. Ages are of a clock that no one can set. */
export function isDue({ policy, versionAgeMs, waitingMs }: OnAppendFacts): boolean {
  return versionAgeMs >= policy.debounce_ms || waitingMs >= patience * policy.debounce_ms;
}

/** How often a refresh that failed is begun again while the index stays behind. */
const retryEveryMs = 3_600_000;

/** Which try of following a version it is by now: one for each hour. A clock that jumps makes one more, or none. */
export function tryNumber(committedAtMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - committedAtMs) / retryEveryMs));
}

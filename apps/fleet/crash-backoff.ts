/** What one more crash means: how many in a row there are now, and when to try again. */
export interface Backoff {
  crashes: number;
  delayMs: number;
}

// A process that has lived this long was healthy: what ended it is a new trouble and not the same one again.
const healthyMs = 60_000;
const delayMinMs = 250;
// Long enough to cost nothing, short enough that a mended cause (disk space, a file) is noticed without a restart.
const delayMaxMs = 30_000;

/** Doubles the wait with every crash in a row: 0.25 s, 0.5 s, … 30 s. */
export function crashBackoff(options: { crashesBefore: number; livedMs: number }): Backoff {
  const crashes = options.livedMs >= healthyMs ? 1 : options.crashesBefore + 1;
  return { crashes, delayMs: Math.min(delayMaxMs, delayMinMs * 2 ** (crashes - 1)) };
}

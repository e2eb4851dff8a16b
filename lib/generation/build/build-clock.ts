/** How long the steps of a build took, for the job's log and the benchmark. */
export interface Clock {
  readonly phases: Record<string, number>;
  /** Ends a step: the time since the one before is its. */
  lap(phase: string): void;
}

export function startClock(): Clock {
  const phases: Record<string, number> = {};
  let last = performance.now();
  return {
    phases,
    lap(phase) {
      const now = performance.now();
      phases[phase] = Math.round(now - last);
      last = now;
    },
  };
}

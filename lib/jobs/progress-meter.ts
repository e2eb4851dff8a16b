/** How far a job is, as its handler says. */
export interface JobAdvance {
  done: number;
  total: number;
  unit: string;
}

/** What a client sees. `rate` is units per second over the last half minute; both are null until they can be told. */
export interface JobProgress extends JobAdvance {
  rate: number | null;
  eta_seconds: number | null;
}

/** Long enough to smooth over a slow batch, short enough to follow a change of pace. */
const windowMs = 30_000;
const samplesMax = 128;

/** Turns advances into progress. Where the unit changes or the count falls, a new phase begins and the rate starts over. */
export function createProgressMeter(nowMs: () => number): (advance: JobAdvance) => JobProgress {
  let samples: { at: number; done: number }[] = [];
  let unit: string | undefined;
  return (advance) => {
    const at = nowMs();
    const last = samples.at(-1);
    if (advance.unit !== unit || (last !== undefined && advance.done < last.done)) {
      unit = advance.unit;
      samples = [];
    }
    samples.push({ at, done: advance.done });
    while (samples.length > 2 && (at - samples[0]!.at > windowMs || samples.length > samplesMax)) {
      samples.shift();
    }
    const rate = rateOf(samples);
    const left = Math.max(0, advance.total - advance.done);
    return {
      ...advance,
      rate: rate === null ? null : Number(rate.toPrecision(4)),
      eta_seconds: left === 0 ? 0 : rate === null || rate === 0 ? null : Math.ceil(left / rate),
    };
  };
}

function rateOf(samples: readonly { at: number; done: number }[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return null;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
}

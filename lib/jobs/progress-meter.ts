/** How far a job is, as its handler says. */
export interface JobAdvance {
  done: number;
  total: number;
  unit: string;
  /** The time taken grows with this power of `done`: above 1 where each unit takes longer than the one before. */
  growth?: number | undefined;
}

/** What a client sees. `rate` is units per second over the last half minute; both are null until they can be told. */
export interface JobProgress extends Omit<JobAdvance, "growth"> {
  rate: number | null;
  eta_seconds: number | null;
}

/** Long enough to smooth over a slow batch, short enough to follow a change of pace. */
const windowMs = 30_000;
const samplesMax = 128;

/** Turns advances into progress. Where the unit changes or the count falls, a new phase begins and the rate starts over. */
export function createProgressMeter(nowMs: () => number): (advance: JobAdvance) => JobProgress {
  let samples: Sample[] = [];
  let unit: string | undefined;
  return (advance) => {
    const { done, total, growth = 1 } = advance;
    const at = nowMs();
    const last = samples.at(-1);
    if (advance.unit !== unit || (last !== undefined && done < last.done)) {
      unit = advance.unit;
      samples = [];
    }
    samples.push({ at, done });
    while (samples.length > 2 && (at - samples[0]!.at > windowMs || samples.length > samplesMax)) {
      samples.shift();
    }
    const rate = rateOf(samples);
    return {
      done,
      total,
      unit: advance.unit,
      rate: rate === null ? null : Number(rate.toPrecision(4)),
      eta_seconds: secondsLeft(samples, { total, growth }),
    };
  };
}

interface Sample {
  at: number;
  done: number;
}

function rateOf(samples: readonly Sample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return null;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
}

/** Of work that grows: its beginning says little of the rest. */
const tellingShare = 0.05;

/** Null until it can be told. */
function secondsLeft(samples: readonly Sample[], whole: { total: number; growth: number }): number | null {
  const { total, growth } = whole;
  const last = samples.at(-1)!;
  if (last.done >= total) return 0;
  if (growth > 1 && last.done < total * tellingShare) return null;
  // What is left takes as long, for its share of the work, as what the samples have seen done. Where the beginning
  // weighs so little, what was prepared before the first unit would weigh too much.
  const begun = growth > 1 ? samples.find(({ done }) => done > 0 && done < last.done) : undefined;
  const first = begun ?? samples[0]!;
  if (last.done === first.done || last.at === first.at) return null;
  const work = (done: number) => done ** growth;
  const shares = (work(total) - work(last.done)) / (work(last.done) - work(first.done));
  return Math.ceil((shares * (last.at - first.at)) / 1_000);
}

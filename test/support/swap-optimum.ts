import { type PlannedJob, type PlannedSlot, planStep } from "@lakefleet/lib/profile/plan-swap.ts";

export interface SwapProblem {
  /** The model of each job, in the order of their coming. */
  jobs: readonly number[];
  slots: number;
  overtakesMax: number;
}

/** Loads that the plan takes to serve the jobs one after another, and how often the worst-off of them was overtaken. */
export function plannedSwaps({ jobs, slots, overtakesMax }: SwapProblem): {
  swaps: number;
  overtaken: number;
} {
  const places: PlannedSlot[] = Array.from({ length: slots }, () => ({ model: undefined, busy: false }));
  const waiting: PlannedJob[] = jobs.map((model) => ({ model: String(model), overtaken: 0 }));
  let swaps = 0;
  let overtaken = 0;
  while (waiting.length > 0) {
    const step = planStep(places, waiting, overtakesMax);
    if (step === undefined) throw new Error("no job was served though every slot was idle");
    const model = waiting[step.job]?.model;
    if (step.load) swaps += 1;
    else if (places[step.slot]?.model !== model) throw new Error("a job was served by another model");
    places[step.slot] = { model, busy: false };
    for (const passed of waiting.slice(0, step.job)) {
      passed.overtaken += 1;
      overtaken = Math.max(overtaken, passed.overtaken);
    }
    waiting.splice(step.job, 1);
  }
  return { swaps, overtaken };
}

/**
 * The fewest loads with which any order could serve the jobs, by trying all: a state is which jobs are done and which
 * models are loaded, and states are looked at in the order of the loads they took.
 */
export function fewestSwaps({ jobs, slots, overtakesMax }: SwapProblem): number {
  const all = 2 ** jobs.length - 1;
  const seen = new Set<number>();
  let level: [done: number, loaded: number][] = [[0, 0]];
  for (let swaps = 0; ; swaps += 1) {
    const next: typeof level = [];
    for (let state = level.pop(); state !== undefined; state = level.pop()) {
      const [done, loaded] = state;
      if (done === all) return swaps;
      const id = done * 2 ** 8 + loaded;
      if (seen.has(id)) continue;
      seen.add(id);
      for (const job of allowedNext(done, jobs.length, overtakesMax)) {
        const model = 1 << (jobs[job] ?? 0);
        const after = done | (1 << job);
        if ((loaded & model) !== 0) level.push([after, loaded]);
        else for (const kept of roomFor(loaded, slots)) next.push([after, kept | model]);
      }
    }
    level = next;
  }
}

/** The oldest job that waits has been overtaken most often, so it alone says how far ahead one may reach. */
function allowedNext(done: number, count: number, overtakesMax: number): number[] {
  const waiting = Array.from({ length: count }, (_, job) => job).filter((job) => (done & (1 << job)) === 0);
  const [oldest = 0] = waiting;
  return bitCount(done >> (oldest + 1)) >= overtakesMax ? [oldest] : waiting;
}

/** What may stay loaded beside one more model. */
function roomFor(loaded: number, slots: number): number[] {
  if (bitCount(loaded) < slots) return [loaded];
  return [0, 1, 2, 3, 4, 5, 6, 7]
    .filter((model) => (loaded & (1 << model)) !== 0)
    .map((model) => loaded & ~(1 << model));
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

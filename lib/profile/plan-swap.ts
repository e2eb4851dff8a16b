/** A place for one model in the memory of the graphics cards. */
export interface PlannedSlot {
  model: string | undefined;
  /** Whether a job works with the model, so that it must stay. */
  busy: boolean;
}

/** A job that waits for its model, in the order in which jobs came. */
export interface PlannedJob {
  model: string;
  /** Jobs that came after it and were served before it. */
  overtaken: number;
}

/** Which job is next, in which slot; `load` where the slot must take the job's model in first. */
export interface PlannedStep {
  job: number;
  slot: number;
  load: boolean;
}

/**
 * The next job to serve, or none while all slots are busy with other models. The oldest is next as soon as its model is
 * loaded. Until then jobs may go before it, up to `overtakesMax` of them, and those do whose model will make room for
 * it: the one that, once they are served, is wanted last.
 */
export function planStep(
  slots: readonly PlannedSlot[],
  jobs: readonly PlannedJob[],
  overtakesMax: number,
): PlannedStep | undefined {
  const [oldest] = jobs;
  if (oldest === undefined) return undefined;
  const loaded = slots.findIndex(({ model }) => model === oldest.model);
  if (loaded >= 0) return { job: 0, slot: loaded, load: false };
  const budget = overtakesMax - oldest.overtaken;
  for (const { slot, waiting } of byNeed(slots, jobs, budget)) {
    const [first] = waiting;
    if (first !== undefined && budget > 0) return { job: first, slot, load: false };
    if (slots[slot]?.busy === false) return { job: 0, slot, load: true };
  }
  return undefined;
}

/** The slots in the order in which their models may leave, each with the jobs that wait for its model. */
function byNeed(slots: readonly PlannedSlot[], jobs: readonly PlannedJob[], budget: number): Need[] {
  const needs = slots.map(({ model }, slot) => {
    const waiting = [...jobs.keys()].filter((job) => jobs[job]?.model === model);
    const wantedAt = waiting[Math.max(0, budget)] ?? jobs.length;
    return { slot, isEmpty: model === undefined, waiting, wantedAt };
  });
  return needs.sort(
    (left, right) =>
      Number(right.isEmpty) - Number(left.isEmpty) ||
      right.wantedAt - left.wantedAt ||
      left.waiting.length - right.waiting.length,
  );
}

interface Need {
  slot: number;
  isEmpty: boolean;
  waiting: number[];
  /** The first job that it could not serve before it leaves. */
  wantedAt: number;
}

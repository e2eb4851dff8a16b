import { z } from "zod";
import { type PlannedStep, planStep } from "./plan-swap.ts";

const Holder = z.strictObject({ job: z.string(), fence: z.int(), untilMs: z.number() });

const Slot = z.strictObject({
  model: z.string().nullable(),
  holders: z.array(Holder),
  /** What may be in memory as well, until its holder has said that only the model is. */
  leaving: z.array(z.string()).optional(),
});
type Slot = z.infer<typeof Slot>;

const Waiting = z.strictObject({
  job: z.string(),
  model: z.string(),
  sinceMs: z.number(),
  seenMs: z.number(),
  overtaken: z.int(),
});

/** Who holds which model on the graphics cards, who waits, and how many loads that took. */
export const SlotTable = z.strictObject({
  slots: z.array(Slot),
  waiting: z.array(Waiting),
  /** The last fence that was given out. */
  fence: z.int(),
  swaps: z.int(),
  /** Loads that serving the jobs in the order of their coming would have taken, and what would be loaded then. */
  firstComeSwaps: z.int(),
  firstCome: z.array(z.string()),
});
export type SlotTable = z.infer<typeof SlotTable>;

export type SlotAnswer =
  | { granted: true; fence: number; slot: number; load: boolean; evicted: string[] }
  | { granted: false; ahead: number };

export interface SlotAsk {
  job: string;
  model: string;
  nowMs: number;
  leaseMs: number;
}

/** A job that waits asks again every second or two; who is silent for so long is gone. */
const silentMaxMs = 15_000;
/**
 * Bounds how long a job waits for its model while others are served. A load takes about as long as a small job, so
 * after so many the load is a few percent of the work.
 */
export const overtakesMax = 16;

export function emptyTable(): SlotTable {
  return { slots: [], waiting: [], fence: 0, swaps: 0, firstComeSwaps: 0, firstCome: [] };
}

/** As it is at this moment, with as many slots as there are: expired holders and silent jobs are gone. */
export function tableAt(table: SlotTable, nowMs: number, slotCount: number): SlotTable {
  const slots = Array.from({ length: slotCount }, (_, place) => table.slots[place] ?? emptySlot());
  return {
    ...table,
    slots: slots.map((slot) => ({
      ...slot,
      holders: slot.holders.filter(({ untilMs }) => untilMs > nowMs),
    })),
    waiting: table.waiting.filter(({ seenMs }) => nowMs - seenMs <= silentMaxMs),
  };
}

/** The table after the ask, which is of its moment, and what the job is answered. */
export function askForSlot(table: SlotTable, ask: SlotAsk): { table: SlotTable; answer: SlotAnswer } {
  const asked = enlist(table, ask);
  const step = stepFor(asked, ask.job);
  if (step === undefined) {
    const ahead = asked.waiting.findIndex(({ job }) => job === ask.job);
    return { table: asked, answer: { granted: false, ahead } };
  }
  return grant(asked, ask, step);
}

/** The holder's lease from now on, or `undefined` where it has none any more. */
export function renewLease(
  table: SlotTable,
  lease: { job: string; fence: number; untilMs: number },
): SlotTable | undefined {
  const { job, fence, untilMs } = lease;
  if (!table.slots.some((slot) => isHeldBy(slot, fence))) return undefined;
  const renewed = (holder: z.infer<typeof Holder>) =>
    holder.fence === fence ? { job, fence, untilMs } : holder;
  return {
    ...table,
    slots: table.slots.map((slot) => ({ ...slot, holders: slot.holders.map(renewed) })),
  };
}

/** What its holder was to unload has left, and what it was to load is in memory. */
export function settleSlot(table: SlotTable, fence: number): SlotTable {
  const slots = table.slots.map((slot) => {
    const { leaving: _left, ...settled } = slot;
    return isHeldBy(slot, fence) ? settled : slot;
  });
  return { ...table, slots };
}

/** The model stays loaded for whoever needs it next. */
export function releaseLease(table: SlotTable, fence: number): SlotTable {
  const slots = table.slots.map((slot) => ({
    ...slot,
    holders: slot.holders.filter((holder) => holder.fence !== fence),
  }));
  return { ...table, slots };
}

/** Whoever waits no longer must not be waited for. */
export function leaveLine(table: SlotTable, job: string): SlotTable {
  return { ...table, waiting: table.waiting.filter((waiting) => waiting.job !== job) };
}

/**
 * Empties the slot that holds this model and keeps it occupied until the fence is released, so that nobody loads while
 * the model leaves; `undefined` where no slot holds it, or somebody works with it or waits for it.
 */
export function vacateSlot(
  table: SlotTable,
  { job, model, nowMs, leaseMs }: SlotAsk,
): { table: SlotTable; fence: number; evicted: string[] } | undefined {
  const place = table.slots.findIndex((slot) => slot.model === model && slot.holders.length === 0);
  if (place < 0 || table.waiting.some((waiting) => waiting.model === model)) return undefined;
  const fence = nextFence(table, nowMs);
  const evicted = [model, ...(table.slots[place]?.leaving ?? [])];
  const left: Slot = { model: null, holders: [{ job, fence, untilMs: nowMs + leaseMs }], leaving: evicted };
  const slots = table.slots.map((slot, index) => (index === place ? left : slot));
  return { table: { ...table, slots, fence }, fence, evicted };
}

function isHeldBy({ holders }: Slot, fence: number): boolean {
  return holders.some((holder) => holder.fence === fence);
}

/** By the clock, so that a table that was lost does not give out a fence a second time. */
function nextFence(table: SlotTable, nowMs: number): number {
  return Math.max(table.fence + 1, Math.floor(nowMs * 1_000));
}

function emptySlot(): Slot {
  return { model: null, holders: [] };
}

function enlist(table: SlotTable, { job, model, nowMs }: SlotAsk): SlotTable {
  const known = table.waiting.find((waiting) => waiting.job === job);
  if (known !== undefined) {
    const waiting = table.waiting.map((entry) => (entry === known ? { ...entry, seenMs: nowMs } : entry));
    return { ...table, waiting };
  }
  const entry = { job, model, sinceMs: nowMs, seenMs: nowMs, overtaken: 0 };
  const hit = table.firstCome.includes(model);
  const recent = [model, ...table.firstCome.filter((other) => other !== model)];
  return {
    ...table,
    waiting: [...table.waiting, entry],
    firstComeSwaps: table.firstComeSwaps + (hit ? 0 : 1),
    firstCome: recent.slice(0, table.slots.length),
  };
}

/** The step of this job, if the plan has one for it now, beside the steps of those that go before it. */
function stepFor(table: SlotTable, job: string): PlannedStep | undefined {
  const slots = table.slots.map(({ model, holders }) => ({
    model: model ?? undefined,
    busy: holders.length > 0,
  }));
  const waiting = table.waiting.map((entry) => ({ ...entry }));
  while (waiting.length > 0) {
    const step = planStep(slots, waiting, overtakesMax);
    if (step === undefined) return undefined;
    const served = waiting[step.job];
    if (served?.job === job) return isLoading(table.slots[step.slot]) ? undefined : step;
    slots[step.slot] = { model: served?.model, busy: true };
    for (const passed of waiting.slice(0, step.job)) passed.overtaken += 1;
    waiting.splice(step.job, 1);
  }
  return undefined;
}

/** Somebody is about to load; whoever joined now would find two models in memory. */
function isLoading(slot: Slot | undefined): boolean {
  return slot !== undefined && slot.leaving !== undefined && slot.holders.length > 0;
}

/** Also one whose step lets another job load first may come before that, and then loads itself. */
function grant(table: SlotTable, ask: SlotAsk, step: PlannedStep): { table: SlotTable; answer: SlotAnswer } {
  const { job, model, nowMs, leaseMs } = ask;
  const fence = nextFence(table, nowMs);
  const place = table.slots[step.slot] ?? emptySlot();
  const holders = [...place.holders, { job, fence, untilMs: nowMs + leaseMs }];
  const position = table.waiting.findIndex((waiting) => waiting.job === job);
  const waiting = table.waiting
    .map((entry, index) => (index < position ? { ...entry, overtaken: entry.overtaken + 1 } : entry))
    .filter((entry) => entry.job !== job);
  const isSwap = place.model !== model;
  const load = isSwap || place.leaving !== undefined;
  const there = [...(place.model === null ? [] : [place.model]), ...(place.leaving ?? [])];
  const evicted = [...new Set(there)].filter((name) => load && name !== model);
  const taken = { model, holders, ...(load ? { leaving: evicted } : {}) };
  const slots = table.slots.map((slot, index) => (index === step.slot ? taken : slot));
  return {
    table: { ...table, slots, waiting, fence, swaps: table.swaps + (isSwap ? 1 : 0) },
    answer: { granted: true, fence, slot: step.slot, load, evicted },
  };
}

import type { Redis } from "ioredis";
import { DomainError } from "../errors/domain-error.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { openSlotStore } from "./slot-store.ts";
import {
  askForSlot,
  leaveLine,
  releaseLease,
  renewLease,
  type SlotTable,
  settleSlot,
  vacateSlot,
} from "./slot-table.ts";

/** The right to use one model on the graphics card, for as long as it is held. */
export interface GpuLease {
  /** Grows with every lease that is given out. */
  fence: number;
  /** Whether the model must be loaded first, and what must leave for it; nobody else gets in before `settle`. */
  load: boolean;
  evicted: readonly string[];
  /** To be called once they have left and it is loaded; who does not leaves that to the next one. */
  settle(): Promise<void>;
  /** Aborts when the lease is lost; the reason is `unavailable`, `gpu-lease-lost`. */
  signal: AbortSignal;
  /** To be called right before what was made is published: `unavailable`, `gpu-lease-lost`, where others may use the slot. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface GpuSlots {
  /** `busy`, `gpu-slot-taken`, while other models are in use; who asks again keeps its place in the line. */
  take(wanted: { job: string; model: string }): Promise<GpuLease>;
  /** Takes a job that will not ask again out of the line. */
  leave(job: string): Promise<void>;
  /**
   * The place of a model that is to be unloaded, for as long as that takes; undefined where the model has no place, or
   * somebody works with it or waits for it.
   */
  vacate(left: {
    job: string;
    model: string;
  }): Promise<Pick<GpuLease, "evicted" | "settle" | "release"> | undefined>;
  table(): Promise<SlotTable>;
}

export interface GpuSlotsOptions {
  redis: Redis;
  slotCount: number;
  /** A holder that is silent for so long has lost its slot. */
  leaseMs?: number;
  telemetry: Telemetry;
}

const defaultLeaseMs = 15_000;
const askAgainSeconds = 1;

export function openGpuSlots(options: GpuSlotsOptions): GpuSlots {
  const { leaseMs = defaultLeaseMs, telemetry } = options;
  const store = openSlotStore(options);
  return {
    table: () => store.read(),
    leave: (job) => store.change((table) => ({ table: leaveLine(table, job), answer: undefined })),
    async vacate({ job, model }) {
      const vacated = await store.change((table, nowMs) => {
        const answer = vacateSlot(table, { job, model, nowMs, leaseMs });
        return { table: answer?.table ?? table, answer };
      });
      if (vacated === undefined) return undefined;
      const { fence, evicted } = vacated;
      return { evicted, ...keepLease({ store, job, fence, leaseMs, telemetry }) };
    },
    async take({ job, model }) {
      const answer = await store.change((table, nowMs) => askForSlot(table, { job, model, nowMs, leaseMs }));
      if (!answer.granted) throw slotTaken(model, answer.ahead);
      const { fence, load, evicted } = answer;
      if (load) telemetry.emit("gpu.swapped", { model, evicted: evicted.join(" ") });
      return { fence, load, evicted, ...keepLease({ store, job, fence, leaseMs, telemetry }) };
    },
  };
}

interface KeepOptions {
  store: ReturnType<typeof openSlotStore>;
  job: string;
  fence: number;
  leaseMs: number;
  telemetry: Telemetry;
}

/** Renews the lease until it is released or lost. */
function keepLease(options: KeepOptions): Pick<GpuLease, "signal" | "assertHeld" | "settle" | "release"> {
  const { store, job, fence, leaseMs, telemetry } = options;
  const lost = new AbortController();
  const renew = async () => {
    const held = await store.change((table, nowMs) => {
      const renewed = renewLease(table, { job, fence, untilMs: nowMs + leaseMs });
      return { table: renewed ?? table, answer: renewed !== undefined };
    });
    if (held) return;
    clearInterval(timer);
    lost.abort(leaseLost());
  };
  const timer = setInterval(() => {
    renew().catch((error: unknown) => telemetry.emit("gpu.renewal-failed", { reason: String(error) }));
  }, leaseMs / 3);
  timer.unref();
  return {
    signal: lost.signal,
    async assertHeld() {
      await renew();
      lost.signal.throwIfAborted();
    },
    settle: () => store.change((table) => ({ table: settleSlot(table, fence), answer: undefined })),
    async release() {
      clearInterval(timer);
      await store.change((table) => ({ table: releaseLease(table, fence), answer: undefined }));
    },
  };
}

function slotTaken(model: string, ahead: number): DomainError {
  return new DomainError({
    kind: "busy",
    type: "gpu-slot-taken",
    message: `The model ${model} waits for a place on the graphics card; ${ahead} jobs are before it.`,
    retryAfterSeconds: askAgainSeconds,
  });
}

function leaseLost(): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "gpu-lease-lost",
    message: "This job's time on the graphics card has run out, and another may be using it.",
    retryAfterSeconds: askAgainSeconds,
  });
}

import { setTimeout as pause } from "node:timers/promises";
import { DomainError } from "../errors/domain-error.ts";
import { isLoaded, type ModelServer } from "./model-server.ts";
import type { GpuLease, GpuSlots } from "./open-gpu-slots.ts";
import { takeLoaded } from "./take-loaded.ts";

export interface WantedPlace {
  slots: GpuSlots;
  server: ModelServer;
  model: string;
  /** How long others may keep the place. */
  patienceMs: number;
  /** How long the model may take to load, once it has the place. */
  loadWithinMs: number;
  signal?: AbortSignal | undefined;
}

/** Often enough that a free place is not left idle, and ten decisions of Redis a second. */
const askAgainMs = 100;

/**
 * Makes the call while its model has a place on the graphics card. Throws what `takeLoaded` throws: `gpu-slot-taken`
 * after the patience. While Redis is away a model that is in memory is called all the same, and none is loaded.
 */
export async function callOnPlace<Answer>(wanted: WantedPlace, call: () => Promise<Answer>): Promise<Answer> {
  const lease = await takeInTime(wanted);
  try {
    return await call();
  } finally {
    await letGo(lease);
  }
}

async function takeInTime(wanted: WantedPlace): Promise<GpuLease | undefined> {
  const { slots, server, model, patienceMs, loadWithinMs, signal } = wanted;
  const job = `call-${crypto.randomUUID()}`;
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const limit = AbortSignal.timeout(loadWithinMs);
    const live = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    try {
      return await takeLoaded({ slots, server, model, job, signal: live });
    } catch (error) {
      if (isOfType(error, "redis-down") && (await isLoaded(server, model))) return undefined;
      if (!isOfType(error, "gpu-slot-taken")) throw error;
      if (performance.now() + askAgainMs > untilMs || signal?.aborted === true) {
        await slots.leave(job);
        throw error;
      }
    }
    await pause(askAgainMs);
  }
}

async function letGo(lease: GpuLease | undefined): Promise<void> {
  try {
    await lease?.release();
  } catch (error) {
    // It runs out by itself, and what was called has answered.
    if (!isOfType(error, "redis-down")) throw error;
  }
}

function isOfType(error: unknown, type: string): boolean {
  return error instanceof DomainError && error.type === type;
}

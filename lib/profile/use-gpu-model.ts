import type { ModelServer } from "./model-server.ts";
import type { GpuLease, GpuSlots } from "./open-gpu-slots.ts";
import { takeLoaded } from "./take-loaded.ts";

/**
 * Runs the task while the model is loaded and holds its place on the graphics card. What must leave is unloaded first.
 * A model that is shared, small enough to stay beside all others, needs no place. The task must ask `assertHeld` right
 * before it publishes; throws what `take` throws.
 */
export async function useGpuModel<T>(
  options: {
    slots: GpuSlots;
    server: ModelServer;
    model: { name: string; shared: boolean };
    job: string;
    signal: AbortSignal;
  },
  task: (lease: Pick<GpuLease, "signal" | "assertHeld">) => Promise<T>,
): Promise<T> {
  const { slots, server, model, job } = options;
  if (model.shared) return await task({ signal: options.signal, assertHeld: async () => undefined });
  const lease = await takeLoaded({ slots, server, model: model.name, job, signal: options.signal });
  try {
    const signal = AbortSignal.any([options.signal, lease.signal]);
    return await task({ signal, assertHeld: lease.assertHeld });
  } finally {
    await lease.release();
  }
}

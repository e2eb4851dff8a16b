import { DomainError } from "../errors/domain-error.ts";
import type { ModelServer } from "./model-server.ts";
import type { GpuLease, GpuSlots } from "./open-gpu-slots.ts";

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
  task: (lease: Omit<GpuLease, "fence" | "settle" | "release">) => Promise<T>,
): Promise<T> {
  const { slots, server, model, job } = options;
  if (model.shared) {
    const free = { load: false, evicted: [], assertHeld: async () => undefined };
    return await task({ signal: options.signal, ...free });
  }
  const lease = await slots.take({ job, model: model.name });
  try {
    const signal = AbortSignal.any([options.signal, lease.signal]);
    for (const name of lease.evicted) await unloadModel(server, name);
    if (lease.load) {
      await server.load(model.name, { signal });
      await lease.settle();
    }
    return await task({ ...lease, signal });
  } finally {
    await lease.release();
  }
}

/** A model that the server no longer has is as good as unloaded. */
export async function unloadModel(server: ModelServer, model: string): Promise<void> {
  try {
    await server.unload(model);
  } catch (error) {
    if (!(error instanceof DomainError) || error.type !== "model-unknown") throw error;
  }
}

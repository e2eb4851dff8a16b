import { DomainError } from "../errors/domain-error.ts";
import type { ModelServer } from "./model-server.ts";
import type { GpuLease, GpuSlots } from "./open-gpu-slots.ts";

export interface WantedModel {
  slots: GpuSlots;
  server: ModelServer;
  model: string;
  job: string;
  signal: AbortSignal;
}

/**
 * A place on the graphics card with the model in memory; what must leave is unloaded first. Throws what `take` and the
 * server throw, and holds nothing then.
 */
export async function takeLoaded({ slots, server, model, job, signal }: WantedModel): Promise<GpuLease> {
  const lease = await slots.take({ job, model });
  try {
    for (const name of lease.evicted) await unloadModel(server, name);
    if (lease.load) {
      await server.load(model, { signal: AbortSignal.any([signal, lease.signal]) });
      await lease.settle();
    }
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
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

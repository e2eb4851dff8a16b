import type { ModelServer } from "./model-server.ts";
import type { GpuLease, GpuSlots } from "./open-gpu-slots.ts";
import { takeLoaded } from "./take-loaded.ts";

/** A task's place on the graphics card, if it comes to need one. */
export interface GpuPlace {
  /** Aborts with the caller's, and when the place is lost. */
  signal: AbortSignal;
  /**
   * The first time it takes the place and loads the model; throws what `takeLoaded` throws. Later it throws where the place is
   * lost, so it is to be asked again right before what was made is published.
   */
  hold(): Promise<void>;
}

/**
 * Runs the task, which takes the model's place on the graphics card when it first asks for it, and frees it afterwards.
 * What must leave is unloaded first. A model that is shared, small enough to stay beside all others, needs no place.
 */
export async function useGpuModel<T>(
  options: {
    slots: GpuSlots;
    server: ModelServer;
    model: { name: string; shared: boolean };
    job: string;
    signal: AbortSignal;
  },
  task: (place: GpuPlace) => Promise<T>,
): Promise<T> {
  const { slots, server, model, job } = options;
  if (model.shared) return await task({ signal: options.signal, hold: async () => undefined });
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  let lease: GpuLease | undefined;
  const hold = async () => {
    if (lease !== undefined) return await lease.assertHeld();
    const taken = await takeLoaded({ slots, server, model: model.name, job, signal });
    lease = taken;
    if (taken.signal.aborted) lost.abort(taken.signal.reason);
    taken.signal.addEventListener("abort", () => lost.abort(taken.signal.reason), { once: true });
  };
  try {
    return await task({ signal, hold });
  } finally {
    await lease?.release();
  }
}

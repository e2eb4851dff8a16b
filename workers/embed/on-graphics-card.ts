import type { Models } from "@lakefleet/config/models.ts";
import { openModelServer } from "@lakefleet/lib/profile/model-server.ts";
import type { GpuSlots } from "@lakefleet/lib/profile/open-gpu-slots.ts";
import { type GpuPlace, useGpuModel } from "@lakefleet/lib/profile/use-gpu-model.ts";

export interface Graphics {
  models: Models;
  slots: GpuSlots;
}

/** Runs the task with a place on the graphics card to hold, where the model declares that it needs one of a server of ours. */
export async function onGraphicsCard<T>(
  work: { graphics: Graphics | undefined; embedderId: string; job: string; signal: AbortSignal },
  task: (place: GpuPlace) => Promise<T>,
): Promise<T> {
  const { graphics, embedderId, job, signal } = work;
  const embedder = graphics?.models.embedders[embedderId];
  const provider = embedder && graphics?.models.providers[embedder.provider];
  if (
    graphics === undefined ||
    provider?.url === undefined ||
    provider.kind !== "ollama" ||
    embedder?.vramMib === undefined
  )
    return await task({ signal, hold: async () => undefined });
  const server = openModelServer({ name: embedder.provider, url: provider.url });
  const model = { name: embedder.model, shared: embedder.shared };
  return await useGpuModel({ slots: graphics.slots, server, model, job, signal }, task);
}

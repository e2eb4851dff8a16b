import type { Models } from "@lakefleet/config/models.ts";
import type { EmbeddersOptions } from "../embedding/open-embedders.ts";
import { callOnPlace } from "./call-on-place.ts";
import { openModelServer } from "./model-server.ts";
import type { GpuSlots } from "./open-gpu-slots.ts";

type OpenGuard = EmbeddersOptions["openGuard"];

/** A hybrid search waits a little longer for its vector, so that it can say what there was to wait for. */
const patienceMs = 2_000;

/**
 * Lets each call of a model that needs a place on the graphics card wait for it, whoever makes the call; `busy`,
 * `gpu-slot-taken`, where it does not come in time. Other calls go through untouched, and where no model needs a place
 * nothing is opened.
 */
export function placeCalls(options: {
  models: Models;
  openGuard: OpenGuard;
  openSlots: () => GpuSlots;
}): OpenGuard {
  const { models, openGuard, openSlots } = options;
  const needing = modelsWithPlace(models);
  let slots: GpuSlots | undefined;
  return (provider, settings) => {
    const guard = openGuard(provider, settings);
    const { url, limits } = settings;
    if (url === undefined || !needing.has(provider)) return guard;
    const server = openModelServer({ name: provider, url });
    return {
      ...guard,
      call(call, send) {
        const { model, signal } = call;
        if (model === undefined || needing.get(provider)?.has(model) !== true) return guard.call(call, send);
        slots ??= openSlots();
        const wanted = { slots, server, model, signal, patienceMs: call.patienceMs ?? patienceMs };
        return callOnPlace({ ...wanted, loadWithinMs: limits.timeoutMs }, () => guard.call(call, send));
      },
    };
  };
}

/** By the provider that serves them. */
function modelsWithPlace({ providers, embedders, generators }: Models): Map<string, Set<string>> {
  const needing = new Map<string, Set<string>>();
  for (const settings of [...Object.values(embedders), ...Object.values(generators)]) {
    const { provider, model, vramMib, shared } = settings;
    if (vramMib === undefined || shared || providers[provider]?.kind !== "ollama") continue;
    needing.set(provider, (needing.get(provider) ?? new Set()).add(model));
  }
  return needing;
}

import type { Models } from "@lakefleet/config/models.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Activation, activationLog, type PreloadedModel } from "./activation-log.ts";
import { isLoaded, type ModelServer, openModelServer } from "./model-server.ts";
import type { GpuSlots } from "./open-gpu-slots.ts";
import { leavingModels } from "./profile-models.ts";
import { takeLoaded, unloadModel } from "./take-loaded.ts";

export interface ActivationWork {
  store: ObjectStore;
  models: Models;
  slots: GpuSlots;
  /** The number of the activation in its log. */
  activation: number;
  job: string;
  signal: AbortSignal;
}

export interface RealizedActivation {
  profile: string | null;
  /** Another activation came after it, and its models are none of this one's business. */
  superseded: boolean;
  loaded: string[];
  unloaded: string[];
}

/** Activations that nobody carried out, because others followed at once, may lie between two that were. */
const olderMax = 16;

/**
 * Brings the model servers to where the activation wants them: what it needs is in memory, and what only earlier ones
 * needed is not, unless a job works with it. Runs twice without harm. `busy`, `gpu-slot-taken`, until its turn on the
 * graphics card has come; throws what the servers throw.
 */
export async function realizeActivation(work: ActivationWork): Promise<RealizedActivation> {
  const { store, slots, activation, job } = work;
  const log = activationLog(store);
  const recent = await Array.fromAsync(log.history({ limit: olderMax + 1 }), ({ document }) => document);
  const [wanted] = recent;
  const isNewest = async () => (await log.head())?.number === activation;
  if (wanted === undefined || !(await isNewest())) {
    await slots.leave(job);
    return { profile: wanted?.profile ?? null, superseded: true, loaded: [], unloaded: [] };
  }
  const known = leavingModels(recent).filter(({ server }) => work.models.providers[server] !== undefined);
  const moved = await moveModels(work, wanted, known);
  return { profile: wanted.profile, superseded: !(await isNewest()), ...moved };
}

async function moveModels(work: ActivationWork, wanted: Activation, leaving: PreloadedModel[]) {
  const { slots, models, job, signal } = work;
  const serverOf = (name: string) => serverNamed(models, name);
  const unloaded: string[] = [];
  const loaded: string[] = [];
  const placed = leaving.some(({ place }) => place) ? await placedNames(slots) : new Set<string>();
  const isPlaced = ({ place, model }: PreloadedModel) => place && placed.has(model);
  for (const { server, model } of leaving.filter((each) => !isPlaced(each))) {
    if (await leaveMemory(serverOf(server), model)) unloaded.push(model);
  }
  for (const { server: name, model, place } of wanted.models) {
    const server = serverOf(name);
    const lease = place ? await takeLoaded({ slots, server, model, job, signal }) : undefined;
    try {
      unloaded.push(...(lease?.evicted ?? []));
      // A place that is kept may hold a model that its server has dropped since.
      if (lease?.load === true || !(await isLoaded(server, model))) loaded.push(model);
      await server.load(model, { signal, stays: true });
    } finally {
      await lease?.release();
    }
  }
  for (const { server, model } of leaving.filter(isPlaced)) {
    const lease = await slots.vacate({ job, model });
    if (lease === undefined) continue;
    try {
      for (const name of lease.evicted) {
        if (await leaveMemory(serverOf(server), name)) unloaded.push(name);
      }
      await lease.settle();
    } finally {
      await lease.release();
    }
  }
  return { loaded, unloaded };
}

/** What has a place by the table. A table that was lost knows nothing of what is in memory, and nobody holds it. */
async function placedNames(slots: GpuSlots): Promise<Set<string>> {
  const { slots: places } = await slots.table();
  return new Set(
    places.flatMap(({ model, leaving = [] }) => [...(model === null ? [] : [model]), ...leaving]),
  );
}

/** Whether all of them are in memory now; not where a server does not answer. */
export async function areLoaded(wanted: readonly PreloadedModel[], models: Models): Promise<boolean> {
  try {
    const found = wanted.map(({ server, model }) => isLoaded(serverNamed(models, server), model));
    return (await Promise.all(found)).every(Boolean);
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** Says whether there was anything to unload. */
async function leaveMemory(server: ModelServer, model: string): Promise<boolean> {
  if (!(await isLoaded(server, model))) return false;
  await unloadModel(server, model);
  return true;
}

function serverNamed({ providers }: Models, name: string): ModelServer {
  const url = providers[name]?.url;
  if (url !== undefined) return openModelServer({ name, url });
  throw new DomainError({
    kind: "conflict",
    type: "model-server-unknown",
    message: `The file of models no longer has the server "${name}".`,
    remedy: "Put it back, or activate the profile again.",
  });
}

import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { activeLog } from "./active-log.ts";
import { gateFailureKey, gateKey, generationPrefix, manifestKey } from "./generation-keys.ts";
import { findManifest } from "./read-manifest.ts";

/** A generation this young may be on its way through the gate. */
const youngMs = 60_000;
/** The active one and what rollback returns to. */
const activationsKept = 2;

/**
 * Removes an index's old generations but for the `keep` newest, and what has no readable manifest and is of older data
 * than the active generation, so that it could not be promoted any more. The active generation, the one before it, and
 * whatever is younger than a minute are never touched. Gives the removed names.
 */
export async function collectGenerations(options: {
  store: ObjectStore;
  index: string;
  /** How many generations to keep, whichever they are; those that must stay count. */
  keep: number;
  now?: () => number;
  signal?: AbortSignal | undefined;
}): Promise<string[]> {
  const { store, index, keep, now = Date.now, signal } = options;
  const served = await servedGenerations(store, index);
  const [active] = served;
  const found: { generation: string; builtAt: number | undefined }[] = [];
  for (const generation of await store.listFolders(`indexes/${index}/generations/`)) {
    found.push({ generation, builtAt: await builtAtOf(store, index, generation) });
  }
  const newestFirst = found.sort((a, b) => (b.builtAt ?? 0) - (a.builtAt ?? 0));
  const removed: string[] = [];
  for (const [position, { generation, builtAt }] of newestFirst.entries()) {
    if (served.has(generation)) continue;
    const isSpare =
      builtAt === undefined
        ? active !== undefined && versionOf(generation) < versionOf(active)
        : position >= keep && now() - builtAt > youngMs;
    if (!isSpare) continue;
    signal?.throwIfAborted();
    await removeGeneration(store, index, generation);
    removed.push(generation);
  }
  return removed;
}

/**
 * Removes a generation. The certificate goes first, so that nobody promotes it meanwhile, then the manifest, so that
 * what a killed removal leaves is no generation any more.
 */
export async function removeGeneration(store: ObjectStore, index: string, generation: string): Promise<void> {
  await store.delete(gateKey(index, generation));
  await store.delete(gateFailureKey(index, generation));
  await store.delete(manifestKey(index, generation));
  await store.deletePrefix(`${generationPrefix(index, generation)}/`);
}

/** The active generation and the distinct one that served before it. */
async function servedGenerations(store: ObjectStore, index: string): Promise<Set<string>> {
  const served = new Set<string>();
  for await (const { document } of activeLog(store, index).history({ limit: Number.POSITIVE_INFINITY })) {
    served.add(document.generation);
    if (served.size === activationsKept) break;
  }
  return served;
}

async function builtAtOf(store: ObjectStore, index: string, generation: string): Promise<number | undefined> {
  try {
    const found = await findManifest(store, index, generation);
    return found === undefined ? undefined : Date.parse(found.manifest.builtAt);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "corrupt") return undefined;
    throw error;
  }
}

/** The dataset version in a generation's name. */
function versionOf(generation: string): number {
  return Number.parseInt(generation.slice(1), 10);
}

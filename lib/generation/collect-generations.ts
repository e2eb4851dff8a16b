import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { activeLog } from "./active-log.ts";
import { gateFailureKey, gateKey, generationPrefix, manifestKey } from "./generation-keys.ts";
import { type Retention, readPolicy } from "./index-policy.ts";
import { findManifest } from "./read-manifest.ts";

/** A generation this young may be on its way through the gate. */
const youngMs = 60_000;
const dayMs = 24 * 3_600_000;
/** The active one and what rollback returns to. */
const activationsKept = 2;

/**
 * Removes an index's generations that its policy lets go: all but the `keep` newest, older ones whatever their number,
 * and what has no readable manifest and is of older data than the active generation, so that it could not be promoted
 * any more. The active generation, the one before it, those that the policy pins or the caller keeps, and whatever is
 * younger than a minute are never touched. Gives the removed names.
 */
export async function collectGenerations(options: {
  store: ObjectStore;
  index: string;
  /** Generations that something else refers to. */
  alsoKeep?: ReadonlySet<string> | undefined;
  now?: () => number;
  signal?: AbortSignal | undefined;
}): Promise<string[]> {
  const { store, index, alsoKeep, now = Date.now, signal } = options;
  const { retention } = await readPolicy(store, index);
  const served = await servedGenerations(store, index);
  const stays = new Set([...served, ...retention.pinned, ...(alsoKeep ?? [])]);
  const removed: string[] = [];
  for (const [position, found] of (await newestFirst(store, index)).entries()) {
    if (stays.has(found.generation)) continue;
    if (!isSpare({ ...found, position, active: [...served][0], retention, now: now() })) continue;
    signal?.throwIfAborted();
    if (await removeUnserved(store, index, found.generation)) removed.push(found.generation);
  }
  return removed;
}

interface FoundGeneration {
  generation: string;
  /** Undefined where it has no readable manifest. */
  builtAt: number | undefined;
}

function isSpare(
  found: FoundGeneration & {
    position: number;
    active: string | undefined;
    retention: Retention;
    now: number;
  },
): boolean {
  const { generation, builtAt, position, active, retention, now } = found;
  if (builtAt === undefined) return active !== undefined && versionOf(generation) < versionOf(active);
  const age = now - builtAt;
  if (age <= youngMs) return false;
  return position >= retention.keep || age > (retention.ageDaysMax ?? Number.POSITIVE_INFINITY) * dayMs;
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

/**
 * The same for one that may be promoted at this very moment. A promotion looks for the certificate once more after its
 * commit, and this looks for a commit once more after the certificate is gone: one of them sees the other and gives way.
 */
async function removeUnserved(store: ObjectStore, index: string, generation: string): Promise<boolean> {
  const key = gateKey(index, generation);
  const certificate = (await store.size(key)) === undefined ? undefined : await store.get(key);
  await store.delete(key);
  if ((await servedGenerations(store, index)).has(generation)) {
    if (certificate !== undefined) await store.put(key, certificate);
    return false;
  }
  await removeGeneration(store, index, generation);
  return true;
}

async function newestFirst(store: ObjectStore, index: string): Promise<FoundGeneration[]> {
  const found: FoundGeneration[] = [];
  for (const generation of await store.listFolders(`indexes/${index}/generations/`)) {
    found.push({ generation, builtAt: await builtAtOf(store, index, generation) });
  }
  return found.sort((a, b) => (b.builtAt ?? 0) - (a.builtAt ?? 0));
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

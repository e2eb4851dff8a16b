import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ActiveGeneration, activeLog } from "./active-log.ts";
import { type Activation, activation } from "./promote-generation.ts";
import { findManifest, readManifest } from "./read-manifest.ts";
import { verifyFiles } from "./verify-files.ts";

/** Looking further back than this would find generations that are long collected. */
const activationsLookedAt = 1_000;

/**
 * Makes an earlier generation serve again: the one named, or the one that served before the active one. Its files are
 * verified first. Refuses a generation that never served (`rollback-target`), one that is gone (`generation-missing`)
 * and one that is damaged (`generation-damaged`).
 */
export async function rollbackGeneration(options: {
  store: ObjectStore;
  index: string;
  generation?: string | undefined;
  reason: string;
  actor: string;
  signal?: AbortSignal | undefined;
}): Promise<Activation> {
  const { store, index, reason, actor, signal } = options;
  const log = activeLog(store, index);
  const active = (await log.head())?.document.generation;
  if (active === undefined) throw noTarget(index, "has no active generation");
  const target = await findTarget(store, log.history({ limit: activationsLookedAt }), { ...options, active });
  const { manifest } = await readManifest(store, index, target);
  await verifyFiles({ store, manifest, signal });
  let previous: string | null = null;
  const commit = await log.commit(
    (head) => {
      previous = head?.document.generation ?? null;
      return previous === target ? undefined : { generation: target, reason, actor };
    },
    signal === undefined ? {} : { signal },
  );
  const number = commit?.number ?? log.cachedHead()?.number ?? 0;
  return activation(manifest, { activation: number, previous, reused: commit === undefined });
}

/** Generations that are collected are stepped over, unless one of them was named. */
async function findTarget(
  store: ObjectStore,
  history: AsyncIterable<{ document: ActiveGeneration }>,
  wanted: { index: string; generation?: string | undefined; active: string },
): Promise<string> {
  const { index, generation, active } = wanted;
  for await (const { document } of history) {
    if (generation === undefined ? document.generation === active : document.generation !== generation)
      continue;
    if (generation !== undefined || (await findManifest(store, index, document.generation)) !== undefined) {
      return document.generation;
    }
  }
  throw noTarget(
    index,
    generation === undefined
      ? "has no earlier generation"
      : `was never served by ${JSON.stringify(generation.slice(0, 100))}`,
  );
}

function noTarget(index: string, problem: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "rollback-target",
    field: "generation",
    message: `The index ${index} ${problem}.`,
    remedy: "List the index's generations; one that never served is promoted, not rolled back to.",
  });
}

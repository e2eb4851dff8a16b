import { DomainError } from "../errors/domain-error.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ActiveGeneration, activeLog } from "./active-log.ts";
import { readDefinition } from "./definition-log.ts";
import { findManifest } from "./read-manifest.ts";

/** One activation: which vectors and which rows belong together. Search, rows and SQL that are pinned to it agree. */
export interface Snapshot {
  index: string;
  /** Its name for ever is `@` and this number; `current` and `previous` move. */
  activation: number;
  generation: string;
  dataset: string;
  datasetVersion: number;
  at: string;
  reason: string;
  actor: string;
}

/** `current`, `previous`, or `@` and the number of an activation. */
export const snapshotName = /^(current|previous|@[1-9]\d{0,14})$/;

/** `notes`, `notes@previous`, `notes@7`: the index, and which of its snapshots, `current` where none is named. */
export function parseSnapshotReference(reference: string): { index: string; name: string } {
  const at = reference.indexOf("@");
  const index = at === -1 ? reference : reference.slice(0, at);
  const rest = at === -1 ? "current" : reference.slice(at + 1);
  return { index, name: /^\d/.test(rest) ? `@${rest}` : rest };
}

/**
 * The snapshot of that name. `previous` is what a rollback would return to: the newest activation of another generation
 * that is still there. Throws `index-missing`, `snapshot-name` (invalid), `index-not-ready`, and `snapshot-missing` for
 * one that never was, or whose generation has been collected.
 */
export async function resolveSnapshot(store: ObjectStore, index: string, name: string): Promise<Snapshot> {
  if (!snapshotName.test(name)) throw unknownName(name);
  await readDefinition(store, index);
  const log = activeLog(store, index);
  const head = await log.head();
  if (head === undefined) throw notReady(index);
  if (name === "current") return requireSnapshot(store, index, head);
  if (name === "previous") {
    const found = await findPrevious(store, index, log.history({ limit: Number.POSITIVE_INFINITY }));
    if (found !== undefined) return found;
    throw missing(index, name, "has no earlier generation");
  }
  const number = Number(name.slice(1));
  if (number > head.number)
    throw missing(index, name, `has had ${head.number} activations and none of that number`);
  return requireSnapshot(store, index, await log.read(number));
}

/** The newest activations as snapshots, newest first; those whose generation has been collected are left out. */
export async function listSnapshots(
  store: ObjectStore,
  index: string,
  limit: number,
): Promise<(Snapshot & { names: string[] })[]> {
  await readDefinition(store, index);
  const found: (Snapshot & { names: string[] })[] = [];
  let hasPrevious = false;
  for await (const commit of activeLog(store, index).history({ limit })) {
    const snapshot = await findSnapshot(store, index, commit);
    if (snapshot === undefined) continue;
    const names = [`@${commit.number}`];
    if (found.length === 0) names.push("current");
    if (!hasPrevious && found[0] !== undefined && snapshot.generation !== found[0].generation) {
      hasPrevious = true;
      names.push("previous");
    }
    found.push({ ...snapshot, names });
  }
  return found;
}

type Activation = Commit<ActiveGeneration>;

async function findPrevious(
  store: ObjectStore,
  index: string,
  history: AsyncIterable<Activation>,
): Promise<Snapshot | undefined> {
  let current: string | undefined;
  for await (const commit of history) {
    current ??= commit.document.generation;
    if (commit.document.generation === current) continue;
    const snapshot = await findSnapshot(store, index, commit);
    if (snapshot !== undefined) return snapshot;
  }
  return undefined;
}

async function requireSnapshot(store: ObjectStore, index: string, commit: Activation): Promise<Snapshot> {
  const snapshot = await findSnapshot(store, index, commit);
  if (snapshot !== undefined) return snapshot;
  throw missing(index, `@${commit.number}`, `no longer keeps the generation ${commit.document.generation}`);
}

async function findSnapshot(
  store: ObjectStore,
  index: string,
  { number, at, document }: Activation,
): Promise<Snapshot | undefined> {
  const found = await findManifest(store, index, document.generation);
  if (found === undefined) return undefined;
  const { dataset, datasetVersion } = found.manifest;
  return {
    index,
    activation: number,
    generation: document.generation,
    dataset,
    // Activations of before the commit named it; what a generation was built of never changes.
    datasetVersion: document.datasetVersion ?? datasetVersion,
    at,
    reason: document.reason,
    actor: document.actor,
  };
}

function unknownName(name: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "snapshot-name",
    field: "snapshot",
    message: `There is no snapshot called ${JSON.stringify(name.slice(0, 100))}.`,
    remedy: "Use current, previous, or @ and the number of an activation.",
  });
}

function notReady(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-not-ready",
    field: "index",
    message: `The index ${index} has no active generation yet, and so no snapshot.`,
    remedy: "Wait until its first build has been promoted.",
  });
}

function missing(index: string, name: string, problem: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "snapshot-missing",
    field: "snapshot",
    message: `The index ${index} ${problem}: there is no snapshot ${name}.`,
    remedy: `GET /vectors/indexes/${index}/snapshots lists those that are kept.`,
  });
}

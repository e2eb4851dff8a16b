import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ActiveGeneration, rememberedActiveLog } from "./active-log.ts";
import { readCertificate } from "./certificate.ts";
import { assertExpected, type ExpectedActivation } from "./expected-activation.ts";
import { type Activation, activation } from "./promote-generation.ts";
import { findManifest, readManifest } from "./read-manifest.ts";
import type { VerifiedFiles } from "./verified-files.ts";
import { verifyFiles } from "./verify-files.ts";

/** Looking further back than this would find generations that are long collected. */
const activationsLookedAt = 1_000;

/**
 * Makes an earlier generation serve again: the one named, or the one that served before the active one. Its files are
 * verified first. Refuses a generation that never served (`rollback-target`), one that is gone (`generation-missing`)
 * and one that is damaged (`generation-damaged`). Whoever was faster meanwhile makes it `promotion-conflict`.
 */
export async function rollbackGeneration(options: {
  store: ObjectStore;
  index: string;
  generation?: string | undefined;
  reason: string;
  actor: string;
  /** What the person saw serving; without it, what served when the request came in. */
  expected?: ExpectedActivation | undefined;
  verified?: VerifiedFiles | undefined;
  signal?: AbortSignal | undefined;
}): Promise<Activation> {
  const { store, index, reason, actor, expected, verified, signal } = options;
  const log = rememberedActiveLog(store, index);
  const seen = await log.head();
  if (seen === undefined) throw noTarget(index, "has no active generation");
  const active = seen.document.generation;
  const earlier = await findTarget(store, log.history({ limit: activationsLookedAt }), {
    ...options,
    active,
  });
  const { generation: target } = earlier;
  const { manifest, checksum } = await readManifest(store, index, target);
  await verifyFiles({ store, manifest, verified, signal });
  const certificate = await readCertificate(store, index, target);
  const forced = earlier.forced === true && certificate?.manifestChecksum !== checksum;
  const { datasetVersion } = manifest;
  let previous: string | null = null;
  const commit = await log.commit(
    (head) => {
      previous = head?.document.generation ?? null;
      if (previous === target) return undefined;
      assertExpected(index, { expected, head: seen }, head);
      const document = { generation: target, reason, actor, datasetVersion, ...(forced ? { forced } : {}) };
      return previous === null ? document : { ...document, takenAway: previous };
    },
    signal === undefined ? {} : { signal },
  );
  const number = commit?.number ?? log.cachedHead()?.number ?? 0;
  return activation(manifest, { activation: number, previous, reused: commit === undefined, forced });
}

/** Generations that are collected are stepped over, unless one of them was named. */
async function findTarget(
  store: ObjectStore,
  history: AsyncIterable<{ document: ActiveGeneration }>,
  wanted: { index: string; generation?: string | undefined; active: string },
): Promise<ActiveGeneration> {
  const { index, generation, active } = wanted;
  for await (const { document } of history) {
    if (generation === undefined ? document.generation === active : document.generation !== generation)
      continue;
    if (generation !== undefined || (await findManifest(store, index, document.generation)) !== undefined) {
      return document;
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

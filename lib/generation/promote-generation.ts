import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ActiveGeneration, activeLog } from "./active-log.ts";
import { readDefinition } from "./definition-log.ts";
import { readGateReport } from "./gate-report.ts";
import { isOfDefinition } from "./generation-id.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { findManifest, readManifest, type StoredManifest } from "./read-manifest.ts";
import { isBalanced } from "./reconcile-rows.ts";

export interface PromoteOptions {
  store: ObjectStore;
  index: string;
  generation: string;
  reason: string;
  /** Who asks; a job gives its intent id. */
  actor: string;
  /**
   * `person`: make it active whatever is active now. `job`: never turn back time, and change nothing if this actor has
   * activated this generation before, for a job may be delivered twice with a rollback in between.
   */
  by: "person" | "job";
  signal?: AbortSignal | undefined;
}

export interface Activation {
  /** What serves now. */
  generation: string;
  /** The number of the commit that made it so. */
  activation: number;
  /** What served before; null where nothing did. */
  previous: string | null;
  /** True where nothing had to be done, or a newer generation serves already. */
  reused: boolean;
  datasetVersion: number;
  vectorCount: number;
}

/** A job's second delivery comes within minutes of its first; a hundred activations take longer. */
const activationsLookedAt = 100;

/**
 * Makes a generation the one that serves. Refuses one without a passed gate (`gate-missing`) and one whose books do not
 * balance (`books-unbalanced`). A job that comes late is answered with what serves, marked `reused`.
 */
export async function promoteGeneration(options: PromoteOptions): Promise<Activation> {
  const { store, index, generation, reason, actor, signal } = options;
  const candidate = await readManifest(store, index, generation);
  await assertPromotable(store, candidate);
  const log = activeLog(store, index);
  let previous: string | null = null;
  const commit = await log.commit(
    async (head) => {
      previous = head?.document.generation ?? null;
      if (head?.document.generation === generation) return undefined;
      if (head !== undefined && options.by === "job") {
        if (await wasActivated(log.history({ limit: activationsLookedAt }), generation, actor))
          return undefined;
        if (await isLate(store, head.document, candidate.manifest)) return undefined;
      }
      failpoint("promote.before-commit");
      return { generation, reason, actor };
    },
    signal === undefined ? {} : { signal },
  );
  if (commit !== undefined) {
    failpoint("promote.after-commit");
    return activation(candidate.manifest, { activation: commit.number, previous, reused: false });
  }
  const head = await log.head();
  if (head === undefined) throw new Error(`the index ${index} lost its activations`);
  const serving = await readManifest(store, index, head.document.generation);
  return activation(serving.manifest, { activation: head.number, previous, reused: true });
}

export function activation(
  { generation, datasetVersion, vectorCount }: GenerationManifest,
  rest: Pick<Activation, "activation" | "previous" | "reused">,
): Activation {
  return { generation, datasetVersion, vectorCount, ...rest };
}

async function assertPromotable(store: ObjectStore, { manifest, checksum }: StoredManifest): Promise<void> {
  const { index, generation, accounting } = manifest;
  const report = await readGateReport(store, index, generation);
  if (report?.manifestChecksum !== checksum) {
    throw new DomainError({
      kind: "conflict",
      type: "gate-missing",
      field: "generation",
      message: `The generation ${generation} of ${index} has not passed the gate.`,
      remedy: "Gate it first.",
    });
  }
  if (accounting.balanced && isBalanced(accounting)) return;
  throw new DomainError({
    kind: "conflict",
    type: "books-unbalanced",
    field: "generation",
    message: `The books of ${generation} do not balance: ${JSON.stringify(accounting)}.`,
    remedy: "Build the index again; if it happens again, this is a defect.",
  });
}

async function wasActivated(
  history: AsyncIterable<{ document: ActiveGeneration }>,
  generation: string,
  actor: string,
): Promise<boolean> {
  for await (const { document } of history) {
    if (document.generation === generation && document.actor === actor) return true;
  }
  return false;
}

/** Whether what is active comes after the candidate: a newer state of the data, or a newer definition over the same. */
async function isLate(
  store: ObjectStore,
  active: ActiveGeneration,
  candidate: GenerationManifest,
): Promise<boolean> {
  const found = await findManifest(store, candidate.index, active.generation);
  if (found === undefined || found.manifest.dataset !== candidate.dataset) return false;
  const { manifest } = found;
  if (manifest.datasetVersion !== candidate.datasetVersion) {
    return manifest.datasetVersion > candidate.datasetVersion;
  }
  const definition = await readDefinition(store, candidate.index);
  if (!isOfDefinition(candidate.generation, definition))
    return isOfDefinition(manifest.generation, definition);
  const documentsOf = ({ snapshot }: GenerationManifest) => snapshot.documentsTableVersion;
  return isOfDefinition(manifest.generation, definition) && documentsOf(manifest) > documentsOf(candidate);
}

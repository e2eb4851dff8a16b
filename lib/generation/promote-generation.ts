import type { Commit } from "../storage/commit-record.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type ActiveGeneration, activeLog, rememberedActiveLog } from "./active-log.ts";
import { assertPromotable } from "./assert-promotable.ts";
import { assertExpected, type ExpectedActivation, type SeenActivation } from "./expected-activation.ts";
import { gateKey } from "./generation-keys.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { isLate } from "./is-late.ts";
import { findManifest, readManifest } from "./read-manifest.ts";
import type { VerifiedFiles } from "./verified-files.ts";

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
  /** What the person saw serving; without it, what served when the request came in. */
  expected?: ExpectedActivation | undefined;
  /** Let it serve without a certificate, which is recorded and shown; its files must be whole all the same. */
  force?: boolean | undefined;
  verified?: VerifiedFiles | undefined;
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
  /** True where it serves without a certificate because somebody said so. */
  forced: boolean;
  datasetVersion: number;
  vectorCount: number;
}

/** A job's second delivery comes within minutes of its first; a hundred activations take longer. */
const activationsLookedAt = 100;

/**
 * Makes a generation the one that serves. Refuses one without a certificate (`gate-missing`, or `gate-failed` where the
 * last gate said no) and one whose books do not balance (`books-unbalanced`). Of two people at once who promote different
 * generations, one gets `conflict`, `promotion-conflict`. A job that comes late is answered with what serves, `reused`.
 */
export async function promoteGeneration(options: PromoteOptions): Promise<Activation> {
  const { store, index, generation, reason, actor, by, signal } = options;
  const log = rememberedActiveLog(store, index);
  const seen: SeenActivation = {
    expected: options.expected,
    head: by === "person" ? await log.head() : "any",
  };
  const candidate = await readManifest(store, index, generation);
  const { forced } = await assertPromotable(candidate, options);
  const { datasetVersion } = candidate.manifest;
  let previous: string | null = null;
  const commit = await log.commit(
    async (head) => {
      previous = head?.document.generation ?? null;
      if (isServing(head, generation, forced)) return undefined;
      assertExpected(index, seen, head);
      if (head !== undefined && by === "job") {
        if (await wasActivated(log.history({ limit: activationsLookedAt }), generation, actor))
          return undefined;
        if (await isLate(store, head.document, candidate.manifest)) return undefined;
      }
      failpoint("promote.before-commit");
      const document = { generation, reason, actor, datasetVersion, ...(forced ? { forced } : {}) };
      // One that was forced and has its certificate by now is activated over itself.
      if (by === "job" || previous === null || previous === generation) return document;
      return { ...document, takenAway: previous };
    },
    signal === undefined ? {} : { signal },
  );
  if (commit !== undefined) {
    failpoint("promote.after-commit");
    if (!forced) await assertStillThere(options, commit.number, previous);
    return activation(candidate.manifest, { activation: commit.number, previous, reused: false, forced });
  }
  const head = await log.head();
  if (head === undefined) throw new Error(`the index ${index} lost its activations`);
  const serving = await readManifest(store, index, head.document.generation);
  const isForced = head.document.forced ?? false;
  return activation(serving.manifest, { activation: head.number, previous, reused: true, forced: isForced });
}

export function activation(
  { generation, datasetVersion, vectorCount }: GenerationManifest,
  rest: Pick<Activation, "activation" | "previous" | "reused" | "forced">,
): Activation {
  return { generation, datasetVersion, vectorCount, ...rest };
}

/**
 * The generation may have been collected between the look at its certificate and the commit; then what served before
 * is made active again, before anybody could be answered from files that are gone.
 */
async function assertStillThere(
  { store, index, generation }: PromoteOptions,
  number: number,
  previous: string | null,
): Promise<void> {
  if ((await store.size(gateKey(index, generation))) !== undefined) return;
  if (previous !== null) {
    const found = await findManifest(store, index, previous);
    const datasetVersion = found?.manifest.datasetVersion;
    const reason = `${generation} was collected while it was promoted`;
    await activeLog(store, index).commit((head) =>
      head?.number === number
        ? { generation: previous, reason, actor: "promotion", ...(datasetVersion ? { datasetVersion } : {}) }
        : undefined,
    );
  }
  await readManifest(store, index, generation);
  throw new Error(`the certificate of ${generation} went away while it was promoted`);
}

/** A generation that was forced and has earned its certificate since is activated again, without the mark. */
function isServing(head: Commit<ActiveGeneration> | undefined, generation: string, forced: boolean): boolean {
  return head?.document.generation === generation && (forced || head.document.forced !== true);
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

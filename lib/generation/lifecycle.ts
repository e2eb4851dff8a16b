import { z } from "zod";

/** How far an index is, decided by what is on disk and by the open requests each time that somebody asks. */
export const LifecycleState = z.enum([
  "empty",
  "embedding",
  "building",
  "gating",
  "ready",
  "stale",
  "blocked",
  "error",
]);
export type LifecycleState = z.infer<typeof LifecycleState>;

/** The requests of one index, as the intent log has them. */
export interface IndexWork {
  /** The oldest that has not ended. */
  open?: { job: string; at: string } | undefined;
  /** How the newest one failed, if it did. */
  failed?: { type: string; detail: string; at: string } | undefined;
}

export interface LifecycleFacts {
  work: IndexWork;
  /** When what serves was made active; null where nothing serves. */
  activeSince: string | null;
  /** Why what serves is not what would be built now; undefined where it is. */
  behind: string | undefined;
  /** Whether every chunk of the dataset's newest version has its vector, or has failed to get one. */
  embedded: boolean;
  /** What would be built now: whether it is there, and what the gate has said of it. */
  built: { generation: string; gated: boolean | null } | undefined;
}

/** The state, and in a sentence why. What serves goes on serving in every state but `empty` and the first build's. */
export function decideLifecycle(facts: LifecycleFacts): { state: LifecycleState; reason: string } {
  const { work, activeSince, behind, embedded, built } = facts;
  if (work.open !== undefined) {
    const by = `The request ${work.open.job} `;
    if (!embedded)
      return { state: "embedding", reason: `${by}brings the chunks and their vectors up to date.` };
    if (built === undefined) return { state: "building", reason: `${by}builds a generation.` };
    return { state: "gating", reason: `${by}proves ${built.generation} and lets it serve.` };
  }
  const isNews = work.failed !== undefined && (activeSince === null || work.failed.at > activeSince);
  if (isNews && work.failed?.type !== "gate-failed") {
    return { state: "error", reason: work.failed?.detail ?? "" };
  }
  if (built?.gated === false && behind !== undefined) {
    return { state: "blocked", reason: `The gate refused ${built.generation}; its report says why.` };
  }
  if (activeSince === null) return { state: "empty", reason: "Nothing has been built and promoted yet." };
  return behind === undefined
    ? { state: "ready", reason: "What serves is what would be built now." }
    : { state: "stale", reason: behind };
}

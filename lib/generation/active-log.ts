import { z } from "zod";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Which generation serves; the commit's number orders activations and its time dates them. */
export const ActiveGeneration = z.strictObject({
  generation: z.string(),
  reason: z.string(),
  /** Who asked. A job gives its intent id, so that a job delivered twice finds its own activation done. */
  actor: z.string(),
  /** The rows that the generation was built of: one commit says which rows and which vectors belong together. */
  datasetVersion: z.int().positive().optional(),
  /** True where a person let it serve without a certificate. */
  forced: z.boolean().optional(),
  /** What a person took away by this: it does not come back by itself. */
  takenAway: z.string().optional(),
});
export type ActiveGeneration = z.infer<typeof ActiveGeneration>;

/** The commit log `indexes/<index>/active/`: its head is what serve answers from. */
export function activeLog(store: ObjectStore, index: string): CommitLog<ActiveGeneration> {
  return openCommitLog({ store, prefix: `indexes/${index}/active/`, schema: ActiveGeneration });
}

const remembered = new WeakMap<ObjectStore, Map<string, CommitLog<ActiveGeneration>>>();

/**
 * The same log, kept for as long as the store: its head then costs one look instead of a listing of all activations,
 * which a server that swaps often under load would feel.
 */
export function rememberedActiveLog(store: ObjectStore, index: string): CommitLog<ActiveGeneration> {
  const logs = remembered.get(store) ?? new Map<string, CommitLog<ActiveGeneration>>();
  remembered.set(store, logs);
  const log = logs.get(index) ?? activeLog(store, index);
  logs.set(index, log);
  return log;
}

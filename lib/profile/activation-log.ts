import { z } from "zod";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** A model on a server of ours that can load and unload it. */
export const PreloadedModel = z.strictObject({
  /** The provider's name in the file of models. */
  server: z.string(),
  model: z.string(),
  /** Whether it takes one of the places on the graphics card. */
  place: z.boolean(),
  /** Small enough to stay beside all others, so that it is never unloaded for one of them. */
  shared: z.boolean(),
});
export type PreloadedModel = z.infer<typeof PreloadedModel>;

/** Which profile is to be active; document of the commit log `profiles/active/`. */
export const Activation = z.strictObject({
  schemaVersion: z.literal(1),
  profile: z.string().nullable(),
  /** What it needs in memory, as the file of models was then. */
  models: z.array(PreloadedModel),
  actor: z.string(),
});
export type Activation = z.infer<typeof Activation>;

export function activationLog(store: ObjectStore): CommitLog<Activation> {
  return openCommitLog({ store, prefix: "profiles/active/", schema: Activation });
}

/** The newest activation or deactivation; undefined where there was none yet. */
export async function readActivation(store: ObjectStore): Promise<Commit<Activation> | undefined> {
  return activationLog(store).head();
}

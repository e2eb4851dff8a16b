import { DatasetName, IndexName, ProfileId } from "@lakefleet/queues/names.ts";
import { z } from "zod";
import { IndexParameters } from "../vector/index-parameters.ts";

/** More than anybody works with at once; each is opened when the profile is activated. */
const bindingsMax = 100;

const ModelId = z.string().min(1).max(300);

/** What a profile is bound to, and so all that a request under it sees. */
export const ProfileBindings = z.strictObject({
  description: z.string().max(1_000),
  /** The ids that the file of models gives them. */
  generator: ModelId.nullable(),
  embedder: ModelId.nullable(),
  datasets: z.array(DatasetName).max(bindingsMax),
  indexes: z.array(IndexName).max(bindingsMax),
  /** Its searches go to its first index of this backend; null for its first index, whichever that has. */
  backend: z.enum(["hnsw", "lance"]).nullable(),
  /** How an index is configured that its activation makes for a dataset without one; null makes none. */
  parameters: IndexParameters.nullable(),
  bucket: z.string().min(1).max(63),
});
export type ProfileBindings = z.infer<typeof ProfileBindings>;

/** Document of the commit log `profiles/definitions/<id>/`. */
export const ProfileDocument = z.strictObject({
  schemaVersion: z.literal(1),
  id: ProfileId,
  ...ProfileBindings.shape,
  /** Its history stays, and its id can be taken again. */
  deleted: z.boolean(),
  actor: z.string(),
});
export type ProfileDocument = z.infer<typeof ProfileDocument>;

/** A profile as it is now. */
export interface Profile extends ProfileBindings {
  id: string;
  /** The number of its last change; who changes it says which one they have seen. */
  version: number;
  /** When that was. */
  changedAt: string;
}

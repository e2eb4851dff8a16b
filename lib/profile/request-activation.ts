import type { Models } from "@lakefleet/config/models.ts";
import { DomainError } from "../errors/domain-error.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Activation, activationLog } from "./activation-log.ts";
import { readProfile } from "./profile-log.ts";
import { profileModels } from "./profile-models.ts";

export interface RequestedActivation {
  /** Its number in the log. */
  activation: number;
  document: Activation;
}

/** Makes the profile the active one; what serves and what is in memory follow. One that is active already stays so. */
export async function requestActivation(
  request: { id: string; actor: string },
  { store, models }: { store: ObjectStore; models: Models },
): Promise<RequestedActivation> {
  const { id, actor } = request;
  const wanted = profileModels(await readProfile(store, id), models);
  const log = activationLog(store);
  const committed = await log.commit((head) => {
    const isSame =
      head?.document.profile === id && canonicalJson(head.document.models) === canonicalJson(wanted);
    return isSame ? undefined : { schemaVersion: 1, profile: id, models: wanted, actor };
  });
  return requested(committed ?? (await log.head()));
}

/** Leaves no profile active. `conflict`, `profile-inactive`, where another one is or none. */
export async function requestDeactivation(
  request: { id: string; actor: string },
  store: ObjectStore,
): Promise<RequestedActivation> {
  const { id, actor } = request;
  const committed = await activationLog(store).commit((head) => {
    if (head?.document.profile !== id) throw inactive(id);
    return { schemaVersion: 1, profile: null, models: [], actor };
  });
  return requested(committed);
}

function requested(commit: { number: number; document: Activation } | undefined): RequestedActivation {
  if (commit === undefined) throw new Error("an activation was committed and is not there");
  return { activation: commit.number, document: commit.document };
}

function inactive(id: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "profile-inactive",
    field: "profile",
    message: `The profile ${id} is not active.`,
    remedy: "GET /vectors/profile/active says which one is.",
  });
}

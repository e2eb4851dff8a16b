import type { Models } from "@lakefleet/config/models.ts";
import { DomainError } from "../errors/domain-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { readActivation } from "./activation-log.ts";
import { checkBindings } from "./check-bindings.ts";
import type { Profile, ProfileBindings } from "./profile.ts";
import { existingProfile, profileLog, readProfile } from "./profile-log.ts";

export interface ProfileEdit {
  store: ObjectStore;
  models: Models;
  id: string;
  actor: string;
}

/** `conflict`, `profile-exists`, where the id is taken; and as `checkBindings`. */
export async function createProfile(edit: ProfileEdit, bindings: ProfileBindings): Promise<Profile> {
  await checkBindings(bindings, edit);
  return commitProfile(edit, bindings, (seen) => {
    if (seen === undefined) return;
    throw conflict("profile-exists", "id", `There is a profile "${edit.id}" already.`);
  });
}

/**
 * What the change does not name stays. `conflict`, `profile-changed`, where the profile is no longer of the version that
 * the caller has seen; and as `checkBindings`.
 */
export async function changeProfile(
  edit: ProfileEdit,
  { version, ...change }: Partial<ProfileBindings> & { version: number },
): Promise<Profile> {
  const current = await readProfile(edit.store, edit.id);
  assertVersion(current, version);
  const { id: _id, version: _version, changedAt: _changedAt, ...bindings } = current;
  const next = { ...bindings, ...change };
  await checkBindings(next, edit);
  return commitProfile(edit, next, (seen) => assertVersion(seen, version));
}

/** `conflict`, `profile-changed` as above, and `profile-active` while it is the active one. */
export async function deleteProfile(edit: Omit<ProfileEdit, "models">, version: number): Promise<void> {
  const { store, id, actor } = edit;
  const active = await readActivation(store);
  if (active?.document.profile === id) {
    const message = `The profile ${id} is active.`;
    throw conflict("profile-active", "profile", message, "Deactivate it first, or activate another one.");
  }
  await profileLog(store, id).commit((head) => {
    assertVersion(existingProfile(id, head), version);
    return head && { ...head.document, deleted: true, actor };
  });
}

/** `allow` throws what forbids the change of the profile as it is; it is undefined where there is none. */
async function commitProfile(
  { store, id, actor }: ProfileEdit,
  bindings: ProfileBindings,
  allow: (seen: Profile | undefined) => void,
): Promise<Profile> {
  const committed = await profileLog(store, id).commit((head) => {
    allow(head === undefined || head.document.deleted ? undefined : existingProfile(id, head));
    return { schemaVersion: 1, id, ...bindings, deleted: false, actor };
  });
  return existingProfile(id, committed);
}

function assertVersion(seen: Profile | undefined, version: number): void {
  if (seen?.version === version) return;
  const now = seen === undefined ? "is gone" : `is of version ${seen.version}`;
  const message = `Somebody else was faster: the profile ${now} now, not ${version}.`;
  throw conflict("profile-changed", "version", message, "Look at it again, and ask again.");
}

function conflict(type: string, field: string, message: string, remedy?: string): DomainError {
  return new DomainError({ kind: "conflict", type, field, message, remedy });
}

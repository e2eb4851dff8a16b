import { DomainError } from "../errors/domain-error.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { Commit } from "../storage/commit-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Profile, ProfileDocument } from "./profile.ts";

const definitions = "profiles/definitions/";

export function profileLog(store: ObjectStore, id: string): CommitLog<ProfileDocument> {
  return openCommitLog({ store, prefix: `${definitions}${id}/`, schema: ProfileDocument });
}

/** The profile as it is now; `not-found`, `profile-missing`, where there is none. */
export async function readProfile(store: ObjectStore, id: string): Promise<Profile> {
  return existingProfile(id, await profileLog(store, id).head());
}

/** Every profile, ascending by id. */
export async function listProfiles(store: ObjectStore): Promise<Profile[]> {
  const found: Profile[] = [];
  for (const id of await store.listFolders(definitions)) {
    const head = await profileLog(store, id).head();
    if (head?.document.deleted === false) found.push(existingProfile(id, head));
  }
  return found;
}

export function existingProfile(id: string, head: Commit<ProfileDocument> | undefined): Profile {
  if (head === undefined || head.document.deleted) throw profileMissing(id);
  const { schemaVersion: _schema, deleted: _deleted, actor: _actor, ...bindings } = head.document;
  return { ...bindings, version: head.number, changedAt: head.at };
}

function profileMissing(id: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "profile-missing",
    field: "profile",
    message: `There is no profile ${JSON.stringify(id)}.`,
    remedy: "GET /models lists the profiles; POST /models makes one.",
  });
}

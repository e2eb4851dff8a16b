import { DomainError } from "../errors/domain-error.ts";
import { activeLog } from "../generation/active-log.ts";
import { assertPromotable } from "../generation/assert-promotable.ts";
import { readDefinition } from "../generation/definition-log.ts";
import { isOfDefinition } from "../generation/generation-id.ts";
import type { Activation } from "../generation/promote-generation.ts";
import { readManifest } from "../generation/read-manifest.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Migration, withModel } from "./migration-record.ts";
import { assertState, changeMigration, readMigration } from "./read-migrations.ts";
import { settleMigration } from "./settle-migration.ts";

export interface SwitchRequest {
  store: ObjectStore;
  index: string;
  id: string;
  actor: string;
  verified?: VerifiedFiles | undefined;
  now?: (() => number) | undefined;
}

export interface Switched {
  migration: Migration;
  /** Undefined where it had been done before. */
  activation: Activation | undefined;
}

const hourMs = 3_600_000;

/**
 * Lets the shadow serve, by one commit of the active log; until `windowHours` have passed it can be taken back. Throws
 * `migration-state`, `migration-behind` where newer rows serve than the shadow has or the index is defined otherwise
 * by now, and what `promoteGeneration` does for a shadow that is not certified any more.
 */
export async function cutOver(request: SwitchRequest & { windowHours: number }): Promise<Switched> {
  const { store, index, id, actor, windowHours, verified, now = Date.now } = request;
  const found = await readMigration(store, index, id);
  if (found.state !== "ready") assertState(found, "cutting-over", "cut-over", "ready");
  if (found.state !== "ready") return settleMigration({ store, verified }, found);
  const previous = await assertCurrent(request, found);
  const at = now();
  const cutover = {
    at: new Date(at).toISOString(),
    actor,
    previous,
    rollbackUntil: new Date(at + windowHours * hourMs).toISOString(),
  };
  const cutting = await changeMigration(store, { index, id }, (migration) => {
    assertState(migration, "ready");
    return { ...migration, state: "cutting-over", cutover };
  });
  return settleMigration({ store, verified }, cutting);
}

/** What serves now, after checking that the shadow may take its place. */
async function assertCurrent({ store, index }: SwitchRequest, migration: Migration): Promise<string> {
  const { id, shadow, to } = migration;
  const active = (await activeLog(store, index).head())?.document.generation;
  if (shadow === undefined || active === undefined)
    throw new Error(`the migration ${id} is ready for nothing`);
  const candidate = await readManifest(store, index, shadow.generation);
  await assertPromotable(candidate, { store });
  const definition = withModel(await readDefinition(store, index), to);
  const { manifest } = await readManifest(store, index, active);
  const isBehind = manifest.dataset === definition.dataset && manifest.datasetVersion > shadow.datasetVersion;
  if (isBehind || !isOfDefinition(shadow.generation, definition)) throw behind(migration, isBehind);
  return active;
}

/**
 * Lets what served before the cutover serve again, by one commit of the active log, and gives the index its model and
 * its pipeline back. Throws `migration-state`, and `rollback-window` when the window has passed.
 */
export async function rollBack(request: SwitchRequest): Promise<Switched> {
  const { store, index, id, verified, now = Date.now } = request;
  const rolling = await changeMigration(store, { index, id }, (migration) => {
    const { state, cutover } = migration;
    if (state === "rolling-back" || state === "rolled-back") return undefined;
    assertState(migration, "cut-over", "cutting-over");
    if (cutover !== undefined && now() >= Date.parse(cutover.rollbackUntil)) throw windowPassed(migration);
    return { ...migration, state: "rolling-back" };
  });
  return settleMigration({ store, verified }, rolling);
}

/** Ends it: before the cutover nothing has changed; after it the window closes, and what it kept may go. */
export async function endMigration(request: SwitchRequest): Promise<Migration> {
  const { store, index, id } = request;
  return changeMigration(store, { index, id }, (migration) => {
    const { state } = migration;
    if (state === "abandoned" || state === "done" || state === "rolled-back") return undefined;
    assertState(migration, "sampling", "sampled", "shadow", "ready", "cut-over");
    return { ...migration, state: state === "cut-over" ? "done" : "abandoned" };
  });
}

function behind({ id, index, shadow }: Migration, isOlder: boolean): DomainError {
  const why = isOlder
    ? "newer rows are searched than it was built of"
    : "the index is defined otherwise since it was built";
  return new DomainError({
    kind: "conflict",
    type: "migration-behind",
    field: "id",
    message: `The shadow ${shadow?.generation} of ${index} cannot take over: ${why}.`,
    remedy: `POST /vectors/indexes/${index}/migrations/${id}/shadow brings it up to date; only what is new is embedded.`,
  });
}

function windowPassed({ id, index, cutover }: Migration): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "rollback-window",
    field: "id",
    message: `The migration ${id} of ${index} could be rolled back until ${cutover?.rollbackUntil}.`,
    remedy: "Begin a migration to the model before; what the cache still has is not embedded again.",
  });
}

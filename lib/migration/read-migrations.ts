import { DomainError } from "../errors/domain-error.ts";
import { assertDefined, readDefinition } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Migration, type MigrationState, migrationLog, withModel } from "./migration-record.ts";

/** Each takes some ten commits, so this many commits are a hundred changes of model. */
const commitsLookedAt = 1_000;

/** An index's migrations as they are now, newest first. Throws `index-missing`. */
export async function listMigrations(store: ObjectStore, index: string): Promise<Migration[]> {
  await assertDefined(store, index);
  const newest = new Map<string, Migration>();
  for await (const { document } of migrationLog(store, index).history({ limit: commitsLookedAt })) {
    if (!newest.has(document.id)) newest.set(document.id, document);
  }
  return [...newest.values()];
}

/** One of them. Throws `index-missing` and `migration-missing`. */
export async function readMigration(store: ObjectStore, index: string, id: string): Promise<Migration> {
  const found = (await listMigrations(store, index)).find((migration) => migration.id === id);
  if (found === undefined) throw missing(index, id);
  return found;
}

/**
 * Commits what `decide` makes of the newest migration; the migration as it is afterwards. Throws `migration-missing`
 * where that is another one, for an older one changes no more.
 */
export async function changeMigration(
  store: ObjectStore,
  { index, id }: { index: string; id: string },
  decide: (migration: Migration) => Migration | undefined,
): Promise<Migration> {
  let now: Migration | undefined;
  await migrationLog(store, index).commit((head) => {
    if (head?.document.id !== id) throw missing(index, id);
    const next = decide(head.document);
    now = next ?? head.document;
    return next;
  });
  if (now === undefined) throw missing(index, id);
  return now;
}

/** Refuses (`conflict`, `migration-state`) what can only be done to a migration in one of these states. */
export function assertState({ id, state }: Migration, ...allowed: MigrationState[]): void {
  if (allowed.includes(state)) return;
  throw new DomainError({
    kind: "conflict",
    type: "migration-state",
    field: "id",
    message: `The migration ${id} is ${state}; this takes one that is ${allowed.join(" or ")}.`,
    remedy: "Look at the index's migrations, and go on from where this one is.",
  });
}

/** The index's definition with the new model, for as long as its shadow is being made. Throws `migration-state`. */
export async function readShadowDefinition(
  store: ObjectStore,
  index: string,
  id: string,
): Promise<IndexDefinition> {
  const migration = await readMigration(store, index, id);
  assertState(migration, "shadow", "ready");
  return withModel(await readDefinition(store, index), migration.to);
}

function missing(index: string, id: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "migration-missing",
    field: "id",
    message: `The index ${index} has no migration ${JSON.stringify(id.slice(0, 100))} that could change.`,
    remedy: "List the index's migrations; only the newest one changes.",
  });
}

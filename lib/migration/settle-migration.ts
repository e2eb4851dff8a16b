import { DomainError } from "../errors/domain-error.ts";
import { definitionLog } from "../generation/definition-log.ts";
import { type Activation, promoteGeneration } from "../generation/promote-generation.ts";
import { rollbackGeneration } from "../generation/rollback-generation.ts";
import type { VerifiedFiles } from "../generation/verified-files.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type IndexModel, type Migration, modelOf, withModel } from "./migration-record.ts";
import { changeMigration } from "./read-migrations.ts";

interface Settling {
  store: ObjectStore;
  verified?: VerifiedFiles | undefined;
}

/**
 * Does what a migration that is `cutting-over` or `rolling-back` has set out to do: the definition first, so that what
 * is built from now on is of the right model, then the one commit that changes what serves. May run any number of
 * times, at the same time too; in any other state it does nothing.
 */
export async function settleMigration(
  settling: Settling,
  migration: Migration,
): Promise<{ migration: Migration; activation: Activation | undefined }> {
  const { state } = migration;
  if (state !== "cutting-over" && state !== "rolling-back") return { migration, activation: undefined };
  const isForward = state === "cutting-over";
  const { store } = settling;
  await defineModel(store, migration.index, isForward ? migration.to : migration.from);
  failpoint("migration.after-definition");
  const activation = isForward ? await activate(settling, migration) : await goBack(settling, migration);
  const settled = await changeMigration(store, migration, (now) =>
    now.state === state ? { ...now, state: isForward ? "cut-over" : "rolled-back" } : undefined,
  );
  return { migration: settled, activation };
}

async function defineModel(store: ObjectStore, index: string, model: IndexModel): Promise<void> {
  await definitionLog(store, index).commit((head) => {
    if (head === undefined || canonicalJson(modelOf(head.document)) === canonicalJson(model))
      return undefined;
    return withModel(head.document, model);
  });
}

/** As a job: where newer rows were promoted a moment ago it changes nothing, and what follows them brings the model. */
async function activate({ store, verified }: Settling, migration: Migration): Promise<Activation> {
  const { id, index, to, shadow, cutover, reason } = migration;
  if (shadow === undefined) throw new Error(`the migration ${id} cuts over without a shadow`);
  return promoteGeneration({
    store,
    index,
    generation: shadow.generation,
    reason: `migrated to ${to.embedderId} by ${cutover?.actor ?? migration.actor}: ${reason}`.slice(0, 1_000),
    actor: id,
    by: "job",
    verified,
  });
}

/** Each time somebody else promotes in between; that ends with the definition, which is the old one by now. */
const triesMax = 5;

async function goBack({ store, verified }: Settling, migration: Migration): Promise<Activation> {
  const { id, index, from, cutover } = migration;
  if (cutover === undefined) throw new Error(`the migration ${id} rolls back without having cut over`);
  const back = {
    store,
    index,
    generation: cutover.previous,
    reason: `the migration ${id} was rolled back to ${from.embedderId}`,
    actor: id,
    verified,
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return await rollbackGeneration(back);
    } catch (error) {
      const isRace = error instanceof DomainError && error.type === "promotion-conflict";
      if (!isRace || tries === triesMax) throw error;
    }
  }
}

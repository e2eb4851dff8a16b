import { listIndexes } from "../generation/definition-log.ts";
import { intentTimeMs } from "../jobs/intent-id.ts";
import type { IntentJob } from "../jobs/intent-record.ts";
import { endedRetention, type Intents } from "../jobs/intents.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { type Migration, migrationLog } from "../migration/migration-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { sampleSteps, shadowSteps } from "./steps.ts";

/**
 * Starts what a migration says that it works at and no request is known for: whoever wrote that down was killed before
 * the request. It is named by the migration, so any number of processes may do this, and nothing is begun twice.
 */
export async function resumeMigrations(options: {
  store: ObjectStore;
  startFlow: StartFlow;
  intents: Pick<Intents, "read" | "refresh">;
}): Promise<void> {
  const { store, startFlow, intents } = options;
  await intents.refresh();
  // What is older than the log reaches back may have ended long ago.
  const since = Date.now() - endedRetention.ageMs;
  for (const index of await listIndexes(store)) {
    const migration = (await migrationLog(store, index).head())?.document;
    if (migration === undefined || intentTimeMs(migration.intent) < since) continue;
    const steps = workOf(migration);
    if (steps === undefined || intents.read(migration.intent) !== undefined) continue;
    await startFlow({ steps, actor: migration.actor });
  }
}

/** Undefined where it waits for a person, or is finished without a request. */
function workOf({ state, intent, index, id }: Migration): IntentJob[] | undefined {
  if (state === "sampling") return sampleSteps(intent, index, id);
  return state === "shadow" || state === "ready" ? shadowSteps(intent, index, id) : undefined;
}

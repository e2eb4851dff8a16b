import type { Models } from "@lakefleet/config/models.ts";
import { readDataset } from "../dataset/dataset-log.ts";
import { assertEmbedder } from "../embedding/open-embedders.ts";
import { readEvalSet } from "../evaluation/eval-set-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import { readManifest } from "../generation/read-manifest.ts";
import { intentIdAt, newIntentId } from "../jobs/intent-id.ts";
import type { JobReference } from "../jobs/intent-record.ts";
import type { StartFlow } from "../jobs/start-flow.ts";
import { beginMigration } from "../migration/begin-migration.ts";
import type { Migration } from "../migration/migration-record.ts";
import { assertState, changeMigration } from "../migration/read-migrations.ts";
import type { Switched } from "../migration/switch-model.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { defaultFusion } from "./define-index.ts";
import { indexSteps, sampleSteps, shadowSteps } from "./steps.ts";

interface Requesting {
  store: ObjectStore;
  startFlow: StartFlow;
}

export interface NewMigration {
  index: string;
  embedderId: string;
  models: Models;
  /** The index's own where the kind of embedder stays, else the default of the new kind. */
  fusion?: IndexDefinition["fusion"] | undefined;
  sample: Migration["sample"];
  actor: string;
  reason: string;
}

/**
 * Begins a migration and starts its sample, the only thing that is paid for until somebody asks for more. Throws
 * `embedder-unknown`, `eval-set-missing` and as `beginMigration` does.
 */
export async function requestMigration(
  { store, startFlow }: Requesting,
  { index, embedderId, models, ...request }: NewMigration,
): Promise<{ migration: Migration; job: JobReference }> {
  const definition = await readDefinition(store, index);
  assertEmbedder(embedderId, models);
  if (request.sample.evalSet !== undefined) await readEvalSet(store, request.sample.evalSet);
  const isOfOtherKind =
    canonical(defaultFusion(embedderId)) !== canonical(defaultFusion(definition.embedderId));
  const fusion = request.fusion ?? (isOfOtherKind ? defaultFusion(embedderId) : definition.fusion);
  const id = newIntentId();
  const migration = await beginMigration(store, { ...request, index, id, embedderId, fusion });
  failpoint("migration.before-job");
  const job = await startFlow({ steps: sampleSteps(id, index, id), actor: request.actor });
  return { migration, job };
}

/**
 * Starts what builds the shadow, or what brings it up to date: chunks that are new since the last time are embedded,
 * and nothing else. Throws `migration-missing` and `migration-state`.
 */
export async function requestShadow(
  { store, startFlow }: Requesting,
  { index, id, actor }: { index: string; id: string; actor: string },
): Promise<JobReference> {
  const intent = newIntentId();
  await changeMigration(store, { index, id }, (migration) => {
    assertState(migration, "sampled", "shadow", "ready");
    return { ...migration, state: migration.state === "ready" ? "ready" : "shadow", intent };
  });
  failpoint("migration.before-job");
  return startFlow({ steps: shadowSteps(intent, index, id), actor });
}

/**
 * Starts what brings an index level that was just given another model, where the dataset has rows that what serves has
 * not; undefined where it has none. Asked twice for one switch it is one request.
 */
export async function followSwitch(
  { store, startFlow }: Requesting,
  { migration, activation }: Switched,
): Promise<JobReference | undefined> {
  const { id, index, state, cutover } = migration;
  if (activation === undefined || cutover === undefined) return undefined;
  const definition = await readDefinition(store, index);
  const dataset = await readDataset(store, definition.dataset);
  const { manifest } = await readManifest(store, index, activation.generation);
  if (manifest.datasetVersion >= dataset.version && manifest.embedderId === definition.embedderId)
    return undefined;
  const intent = intentIdAt(Date.parse(cutover.at), `${index}/${id}/${state}`);
  return startFlow({ steps: indexSteps(intent, index), actor: "migration" });
}

function canonical(fusion: IndexDefinition["fusion"]): string {
  return `${fusion.method} ${fusion.lexicalWeight}`;
}

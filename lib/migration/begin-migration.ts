import { DomainError } from "../errors/domain-error.ts";
import { activeLog } from "../generation/active-log.ts";
import { readDefinition } from "../generation/definition-log.ts";
import type { IndexDefinition } from "../generation/index-definition.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type Migration, migrationLog, modelOf } from "./migration-record.ts";

export interface MigrationRequest {
  index: string;
  /** Names the migration, its pipeline and its first request. */
  id: string;
  embedderId: string;
  /** How the new model's hybrid searches join both rankings. */
  fusion: IndexDefinition["fusion"];
  sample: Migration["sample"];
  actor: string;
  reason: string;
}

/**
 * Writes down that an index is to change its model; nothing is embedded and nothing else changes. Throws
 * `index-missing`, `index-not-ready` where nothing serves yet, `migration-same` for the model that it has, and
 * `migration-open` while an earlier migration has not ended.
 */
export async function beginMigration(store: ObjectStore, request: MigrationRequest): Promise<Migration> {
  const { index, id, embedderId, fusion, sample, actor, reason } = request;
  const definition = await readDefinition(store, index);
  if (definition.embedderId === embedderId) throw sameModel(index, embedderId);
  if ((await activeLog(store, index).head()) === undefined) throw notReady(index);
  const migration: Migration = {
    schemaVersion: 1,
    id,
    index,
    state: "sampling",
    from: modelOf(definition),
    to: { embedderId, pipeline: id, fusion },
    sample,
    actor,
    reason,
    intent: id,
  };
  await migrationLog(store, index).commit((head) => {
    if (head !== undefined && isOpen(head.document, Date.now())) throw stillOpen(head.document);
    return migration;
  });
  return migration;
}

/** Whether it keeps another one from beginning: until it has ended or its window has. */
export function isOpen({ state, cutover }: Migration, now: number): boolean {
  if (state === "cut-over") return cutover !== undefined && now < Date.parse(cutover.rollbackUntil);
  return state !== "rolled-back" && state !== "done" && state !== "abandoned";
}

function sameModel(index: string, embedderId: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "migration-same",
    field: "embedder",
    message: `The index ${index} is embedded by ${embedderId} already.`,
    remedy: "Name the embedder that it is to have.",
  });
}

function notReady(index: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "index-not-ready",
    field: "index",
    message: `The index ${index} has no active generation yet, so there is nothing to migrate from.`,
    remedy: "Define it with the other embedder at once.",
  });
}

function stillOpen({ id, index, state, to }: Migration): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "migration-open",
    field: "index",
    message: `The migration ${id} of ${index} to ${to.embedderId} is ${state}.`,
    remedy: "Take it on, or end it first.",
  });
}

import { noteForgotten } from "../embedding/forgotten-texts.ts";
import { readAllHashes } from "../embedding/leaving-chunks.ts";
import { listPipelines, type PipelinePlace, pipelinePrefix } from "../embedding/pipeline-place.ts";
import { openPipeline } from "../embedding/pipeline-tables.ts";
import { DomainError } from "../errors/domain-error.ts";
import { readDefinition } from "../generation/definition-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { isOpen } from "./begin-migration.ts";
import { type Migration, migrationLog } from "./migration-record.ts";
import { changeMigration } from "./read-migrations.ts";
import { settleMigration } from "./settle-migration.ts";

/** The generations that an open migration needs: the shadow before its cutover, and what it came from after it. */
export async function heldGenerations(store: ObjectStore, index: string): Promise<Set<string>> {
  const newest = (await migrationLog(store, index).head())?.document;
  if (newest === undefined || !isOpen(newest, Date.now())) return new Set();
  const { shadow, cutover } = newest;
  return new Set([shadow?.generation, cutover?.previous].filter((generation) => generation !== undefined));
}

/**
 * Finishes what a killed process left of the newest migration, closes its window when that has passed, and removes the
 * pipelines that neither the index nor an open migration has a use for. Texts that only they had leave the cache with
 * the index's next embed job. Gives how many were removed; one that is being worked on stays.
 */
export async function collectPipelines(options: {
  store: ObjectStore;
  index: string;
  locks: string;
  now?: () => number;
}): Promise<number> {
  const { store, index, locks, now = Date.now } = options;
  const newest = await closeNewest(store, index, now());
  const { pipeline: used } = await readDefinition(store, index);
  const kept = new Set<string | undefined>([used]);
  if (newest !== undefined && isOpen(newest, now())) {
    kept.add(newest.to.pipeline);
    kept.add(newest.from.pipeline);
  }
  let removed = 0;
  for (const place of await listPipelines(store, index)) {
    if (kept.has(place.name)) continue;
    removed += (await removePipeline({ store, place, heir: { index, name: used }, locks })) ? 1 : 0;
  }
  return removed;
}

async function closeNewest(store: ObjectStore, index: string, now: number): Promise<Migration | undefined> {
  const newest = (await migrationLog(store, index).head())?.document;
  if (newest === undefined) return undefined;
  const migration = await settle(store, newest);
  if (migration.state !== "cut-over" || isOpen(migration, now)) return migration;
  return changeMigration(store, migration, ({ state, ...rest }) =>
    state === "cut-over" ? { ...rest, state: "done" } : undefined,
  );
}

/** A switch that is refused waits for a person: it is told to whoever asks for it again, and can be rolled back. */
async function settle(store: ObjectStore, newest: Migration): Promise<Migration> {
  try {
    return (await settleMigration({ store }, newest)).migration;
  } catch (error) {
    if (error instanceof DomainError && error.kind === "conflict") return newest;
    throw error;
  }
}

async function removePipeline(options: {
  store: ObjectStore;
  place: PipelinePlace;
  /** Whose next run forgets the texts that only this one had. */
  heir: PipelinePlace;
  locks: string;
}): Promise<boolean> {
  const { store, place, heir, locks } = options;
  const pipeline = await openPipeline({ store, ...place, locks });
  try {
    await pipeline.exclusively(async () => {
      await noteForgotten(store, heir, await readAllHashes(pipeline));
      await store.deletePrefix(`${pipelinePrefix(place)}/`);
    });
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.kind === "busy") return false;
    throw error;
  } finally {
    pipeline.close();
  }
}

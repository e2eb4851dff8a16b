import { defaultPools, type PoolSettings, PoolSettingsByName } from "@lakefleet/config/pools.ts";
import type { QueueName } from "@lakefleet/queues/define-queue.ts";
import { DomainError } from "../errors/domain-error.ts";
import { type CommitLog, openCommitLog } from "../storage/commit-log.ts";
import type { ObjectStore } from "../storage/object-store.ts";

export type PoolSettingsLog = CommitLog<PoolSettingsByName>;

/** What people have asked of the pools: the one truth about it; Redis only mirrors whether a queue is paused. */
export function poolSettingsLog(store: ObjectStore): PoolSettingsLog {
  return openCommitLog({ store, prefix: "fleet/pools", schema: PoolSettingsByName });
}

export async function readPoolSettings(log: PoolSettingsLog): Promise<Record<QueueName, PoolSettings>> {
  return withDefaults((await log.head())?.document);
}

/** Commits the change to one pool and gives its settings as they are then. `invalid` (`pool-bounds`) where min > max. */
export async function changePoolSettings(
  log: PoolSettingsLog,
  pool: QueueName,
  change: Partial<PoolSettings>,
): Promise<PoolSettings> {
  let wanted = { ...defaultsOf(pool), ...change };
  await log.commit((head) => {
    const current = withDefaults(head?.document);
    wanted = { ...current[pool], ...change };
    if (wanted.min > wanted.max) throw boundsCrossed(wanted);
    const same = JSON.stringify(wanted) === JSON.stringify(current[pool]);
    return same ? undefined : { ...head?.document, [pool]: wanted };
  });
  return wanted;
}

function withDefaults(stored: PoolSettingsByName | undefined): Record<QueueName, PoolSettings> {
  return {
    ingest: stored?.ingest ?? defaultsOf("ingest"),
    embed: stored?.embed ?? defaultsOf("embed"),
    index: stored?.index ?? defaultsOf("index"),
    trial: stored?.trial ?? defaultsOf("trial"),
    refresh: stored?.refresh ?? defaultsOf("refresh"),
  };
}

function defaultsOf(pool: QueueName): PoolSettings {
  const { min, max } = defaultPools[pool];
  return { min, max, paused: false };
}

function boundsCrossed({ min, max }: PoolSettings): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "pool-bounds",
    message: `A pool cannot have at least ${min} and at most ${max} workers.`,
    field: "min",
    remedy: "Give a min that is not above max.",
  });
}

import type { CommitLog } from "../../storage/commit-log.ts";
import type { Commit } from "../../storage/commit-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { ActiveGeneration } from "../active-log.ts";
import { manifestKey } from "../generation-keys.ts";

/** Looking further back would find a generation that is long collected. */
const activationsLookedAt = 100;

interface RollbackReadying {
  store: ObjectStore;
  index: string;
  log: CommitLog<ActiveGeneration>;
  /** Opens a generation and keeps it open for a while. */
  open(generation: string): Promise<void>;
}

/**
 * Readies, once something serves, what a rollback would return to: a process that has just started has not read its
 * files, and whoever rolls back is in a hurry. Later ones are open still, because they have served.
 */
export function createRollbackReadying(
  options: RollbackReadying,
): (serving: Commit<ActiveGeneration> | undefined) => Promise<void> {
  let isDone = false;
  return async (serving) => {
    if (isDone || serving === undefined) return;
    isDone = true;
    const earlier = await findEarlier(options, serving.document.generation);
    if (earlier !== undefined) await options.open(earlier);
  };
}

/** As a rollback does, it steps over generations that are collected. */
async function findEarlier(
  { store, index, log }: RollbackReadying,
  active: string,
): Promise<string | undefined> {
  for await (const { document } of log.history({ limit: activationsLookedAt })) {
    const { generation } = document;
    if (generation === active) continue;
    if ((await store.size(manifestKey(index, generation))) !== undefined) return generation;
  }
  return undefined;
}

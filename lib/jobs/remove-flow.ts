import type { JobReference } from "./intent-record.ts";
import type { Queues } from "./open-queues.ts";

/**
 * Takes the jobs of one flow out of Redis, last step first, so that no step is set free to run by the removal of the
 * one before. Says false, with the running job and those after it untouched or gone, where a job is running.
 */
export async function removeFlow(queues: Queues, jobs: readonly JobReference[]): Promise<boolean> {
  for (const job of [...jobs].reverse()) {
    const removed = await queues.byName[job.queue].remove(job.id, { removeChildren: true });
    if (removed === 0) return false;
  }
  return true;
}

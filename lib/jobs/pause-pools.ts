import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import type { Queues } from "./open-queues.ts";

/** Makes the queues in Redis paused or not as the settings say; needed again whenever Redis has lost its data. */
export async function applyPauses(
  queues: Queues,
  settings: Record<QueueName, { paused: boolean }>,
): Promise<void> {
  for (const name of queueNames) {
    const queue = queues.byName[name];
    const wanted = settings[name].paused;
    if ((await queue.isPaused()) === wanted) continue;
    if (wanted) await queue.pause();
    else await queue.resume();
  }
}

import { setImmediate as nextTurn } from "node:timers/promises";
import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import type { FlowJob } from "bullmq";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { withDeadline } from "./deadline.ts";
import { flowTree } from "./flow-tree.ts";
import type { Intent } from "./intent-state.ts";
import type { Queues } from "./open-queues.ts";

/** Adds the jobs of the intents to Redis; those that Redis holds already stay as they are. */
export async function addFlows(queues: Queues, intents: readonly Intent[]): Promise<void> {
  const trees = intents.map(flowTree);
  const chains = trees.filter((tree) => tree.children !== undefined);
  const singles = trees.filter((tree) => tree.children === undefined);
  await Promise.all([
    // A flow costs four times as much for each job, so a job without others goes the short way.
    ...queueNames.map((name) => addSingles(queues, name, singles)),
    ...(chains.length > 0 ? [queues.flows.addBulk(chains)] : []),
  ]);
}

/** Accepted flows on their way into Redis, added one group after the other. */
export interface FlowAdder {
  /** Resolves at once, or when there is room again: the limit keeps the way from getting longer without end. */
  push(intent: Intent): Promise<void>;
  /** Waits until everything pushed so far has been added or left to the reconciler. */
  idle(): Promise<void>;
}

/** At most half a second of adding. */
const backlogMax = 2_048;
/** Building a group holds the event loop for a few milliseconds, its transaction holds Redis for about as long. */
const groupJobsMax = 64;
const addMs = 2_000;

export function createFlowAdder(options: { queues: Queues; telemetry: Telemetry }): FlowAdder {
  const { queues, telemetry } = options;
  const backlog: Intent[] = [];
  let room = Promise.withResolvers<void>();
  let adding: Promise<void> = Promise.resolve();
  let busy = false;

  async function addAll(): Promise<void> {
    // Requests that shared one sync come one after the other in this turn; a turn later all of them are one group.
    for (await nextTurn(); backlog.length > 0; ) {
      const group = takeGroup(backlog);
      try {
        await withDeadline(addFlows(queues, group), addMs, () => new Error("Redis did not answer in time."));
      } catch (error) {
        // Accepted all the same: the records are on disk, and the reconciler adds what Redis does not have.
        telemetry.emit("jobs.add-deferred", { count: group.length, reason: String(error) });
      }
      room.resolve();
      room = Promise.withResolvers<void>();
    }
    busy = false;
  }

  return {
    async push(intent) {
      backlog.push(intent);
      if (!busy) {
        busy = true;
        adding = addAll();
      }
      while (backlog.length > backlogMax) await room.promise;
    },
    idle: () => adding,
  };
}

function takeGroup(backlog: Intent[]): Intent[] {
  let jobCount = 0;
  let length = 0;
  for (const { accepted } of backlog) {
    jobCount += accepted.jobs.length;
    if (length > 0 && jobCount > groupJobsMax) break;
    length += 1;
  }
  return backlog.splice(0, length);
}

/** Together, because a command of its own for each job would cost as much as the job. */
async function addSingles(queues: Queues, name: QueueName, trees: readonly FlowJob[]): Promise<void> {
  const jobs = trees.filter((tree) => tree.queueName === name);
  if (jobs.length === 0) return;
  await queues.byName[name].addBulk(
    jobs.map((job) => ({ name: job.name, data: job.data, opts: job.opts ?? {} })),
  );
}

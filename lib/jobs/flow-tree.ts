import { queueRegistry } from "@lakefleet/queues/registry.ts";
import type { FlowJob, JobsOptions } from "bullmq";
import type { Intent } from "./intent-state.ts";
import { type JobEnvelope, stepOfJobId } from "./job-envelope.ts";

/** The chain of jobs of one intent as the queue engine wants it: the last step outermost, each step the child of the next. */
export function flowTree(intent: Intent): FlowJob {
  let tree: FlowJob | undefined;
  for (const job of intent.accepted.jobs) {
    const isRoot = job === intent.accepted.jobs.at(-1);
    const envelope: JobEnvelope = {
      intent: intent.accepted.intent,
      round: intent.round,
      payload: job.payload,
    };
    const node = { name: stepOfJobId(job.id), queueName: job.queue, data: envelope };
    const options: JobsOptions = {
      ...queueRegistry[job.queue].options,
      jobId: job.id,
      ...retention,
      ...(isRoot ? {} : { failParentOnFailure: true }),
    };
    tree = tree === undefined ? { ...node, opts: options } : { ...node, opts: options, children: [tree] };
  }
  if (tree === undefined) throw new Error("An intent without jobs cannot be a flow.");
  return tree;
}

/**
 * Finished jobs stay for a look at their logs; what they came to is in the intent log for longer. About 2 KiB each,
 * so a queue's finished jobs keep within 10 MiB.
 */
const retention: JobsOptions = {
  removeOnComplete: { age: 24 * 3_600, count: 5_000 },
  removeOnFail: { age: 7 * 24 * 3_600, count: 5_000 },
  keepLogs: 500,
  stackTraceLimit: 10,
};

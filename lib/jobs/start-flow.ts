import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { AcceptanceGate } from "./acceptance-gate.ts";
import type { FlowAdder } from "./add-flows.ts";
import type { AcceptedRecord, IntentJob, JobReference } from "./intent-record.ts";
import type { Intents } from "./intents.ts";
import { intentOfJobId } from "./job-envelope.ts";

export interface FlowRequest {
  /** In the order in which they run, all of one intent; made by `flowStep`. */
  steps: readonly IntentJob[];
  actor: string;
}

/**
 * Takes a request and gives its root job. When the promise resolves, its record is on disk and the work will be done;
 * its jobs are in Redis a moment later. `unavailable` (`redis-down`) or `busy` (`queue-full`) where nothing was taken.
 */
export type StartFlow = (request: FlowRequest) => Promise<JobReference>;

/** Starts flows; calls that come together share one disk sync and one round trip to Redis. */
export function createStartFlow(options: {
  intents: Intents;
  gate: AcceptanceGate;
  adder: FlowAdder;
}): StartFlow {
  const { adder, gate, intents } = options;
  return async ({ steps, actor }) => {
    const record = acceptedRecord(steps, actor);
    const root = record.jobs.at(-1)!;
    await gate.pass(new Set(record.jobs.map((job) => job.queue)));
    if (intents.read(record.intent) === undefined) {
      failpoint("intent.before-sync");
      await intents.append(record);
      failpoint("intent.after-sync");
      await adder.push({ accepted: record, round: 0, ended: undefined });
    }
    return { queue: root.queue, id: root.id };
  };
}

function acceptedRecord(steps: readonly IntentJob[], actor: string): AcceptedRecord {
  const first = steps[0];
  if (first === undefined) throw noFlow("has no steps");
  const intent = intentOfJobId(first.id);
  if (steps.some((step) => intentOfJobId(step.id) !== intent))
    throw noFlow("has steps of different requests");
  return { kind: "accepted", intent, at: new Date().toISOString(), actor, jobs: [...steps] };
}

function noFlow(problem: string): DomainError {
  return new DomainError({ kind: "invalid", type: "flow-steps", message: `The flow ${problem}.` });
}

import { DomainError } from "../errors/domain-error.ts";
import { failpoint } from "../storage/failpoint.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { AcceptanceGate } from "./acceptance-gate.ts";
import { withDeadline } from "./deadline.ts";
import { flowTree } from "./flow-tree.ts";
import type { AcceptedRecord, IntentJob, JobReference } from "./intent-record.ts";
import type { Intents } from "./intents.ts";
import { intentOfJobId } from "./job-envelope.ts";
import type { Queues } from "./open-queues.ts";

export interface FlowRequest {
  /** In the order in which they run, all of one intent; made by `flowStep`. */
  steps: readonly IntentJob[];
  actor: string;
}

/** Takes a request: when the promise resolves, its record is on disk and it will be done. Gives the root job. */
export type StartFlow = (request: FlowRequest) => Promise<JobReference>;

export interface StartFlowOptions {
  queues: Queues;
  intents: Intents;
  gate: AcceptanceGate;
  telemetry: Telemetry;
}

/** Requests that may stand in line for the disk; at 10,000 a second they would wait for less than half a second. */
const pendingMax = 4_096;
/** One transaction of this size keeps Redis busy for about 10 ms. */
const groupMax = 128;
/** A recorded request is answered even if Redis hangs; the reconciler adds the jobs then. */
const addMs = 1_000;

interface Pending {
  record: AcceptedRecord;
  resolve(): void;
  reject(error: unknown): void;
}

/** Starts flows; calls that come together share one disk sync and one round trip to Redis. */
export function createStartFlow(options: StartFlowOptions): StartFlow {
  const { gate, intents } = options;
  const pending: Pending[] = [];
  let pumping = false;

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    while (pending.length > 0) await commitGroup(options, pending.splice(0, groupMax));
    pumping = false;
  }

  return async ({ steps, actor }) => {
    const record = acceptedRecord(steps, actor);
    const root = rootOf(record);
    await gate.pass(new Set(record.jobs.map((job) => job.queue)));
    if (pending.length >= pendingMax) throw tooManyAtOnce();
    if (intents.read(record.intent) === undefined) {
      await new Promise<void>((resolve, reject) => {
        pending.push({ record, resolve, reject });
        void pump();
      });
    }
    return root;
  };
}

/** Resolves when the group's records are on disk, so the next group can form while this one is added to Redis. */
async function commitGroup(options: StartFlowOptions, group: readonly Pending[]): Promise<void> {
  failpoint("intent.before-sync");
  const written = await Promise.allSettled(group.map(({ record }) => options.intents.append(record)));
  const accepted: Pending[] = [];
  for (const [position, outcome] of written.entries()) {
    const waiting = group[position]!;
    if (outcome.status === "fulfilled") accepted.push(waiting);
    else waiting.reject(outcome.reason);
  }
  failpoint("intent.after-sync");
  void addGroup(options, accepted);
}

async function addGroup({ queues, telemetry }: StartFlowOptions, group: readonly Pending[]): Promise<void> {
  try {
    const trees = group.map(({ record }) => flowTree({ accepted: record, round: 0, ended: undefined }));
    await withDeadline(queues.flows.addBulk(trees), addMs, () => new Error("Redis did not answer in time."));
  } catch (error) {
    // Accepted all the same: the records are on disk, and the reconciler adds what Redis does not have.
    telemetry.emit("jobs.add-deferred", { count: group.length, reason: String(error) });
  }
  for (const { resolve } of group) resolve();
}

function acceptedRecord(steps: readonly IntentJob[], actor: string): AcceptedRecord {
  const first = steps[0];
  if (first === undefined) throw new Error("A flow needs at least one step.");
  const intent = intentOfJobId(first.id);
  if (steps.some((step) => intentOfJobId(step.id) !== intent)) {
    throw new Error("All steps of a flow must belong to one intent.");
  }
  return { kind: "accepted", intent, at: new Date().toISOString(), actor, jobs: [...steps] };
}

function rootOf(record: AcceptedRecord): JobReference {
  const root = record.jobs.at(-1);
  if (root === undefined) throw new Error("A flow needs at least one step.");
  return { queue: root.queue, id: root.id };
}

function tooManyAtOnce(): DomainError {
  return new DomainError({
    kind: "busy",
    type: "queue-full",
    message: `${pendingMax} requests are being accepted at this moment, which is the limit.`,
    remedy: "Retry in a moment.",
    retryAfterSeconds: 1,
  });
}

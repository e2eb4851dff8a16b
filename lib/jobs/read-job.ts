import type { QueueName } from "@lakefleet/queues/define-queue.ts";
import type { Problem } from "../errors/problem.ts";
import { problemFrom } from "../errors/problem.ts";
import { redisDown } from "./connection.ts";
import { withDeadline } from "./deadline.ts";
import { type EndedState, type JobReference, StoredProblem } from "./intent-record.ts";
import type { Intent } from "./intent-state.ts";
import type { Intents } from "./intents.ts";
import { intentOfJobId, type JobWait } from "./job-envelope.ts";
import { readProblem } from "./job-error.ts";
import { type JobSnapshot, jobMissing, readSnapshots } from "./job-snapshot.ts";
import type { Queues } from "./open-queues.ts";
import type { JobProgress } from "./progress-meter.ts";

export type JobState = "waiting" | "active" | EndedState;

/** A job as a client sees it. */
export interface JobView {
  id: string;
  queue: QueueName;
  state: JobState;
  progress: JobProgress | null;
  /** Why the step that is due was put aside, and when it is tried again. */
  waiting_for: JobWait | null;
  attempts: number;
  result: unknown;
  error: Problem | null;
  /** All the steps before this one, in the order in which they run. */
  children: { id: string; queue: QueueName; state: JobState }[];
  created_at: string;
  finished_at: string | null;
}

export interface JobReaders {
  queues: Queues;
  intents: Intents;
}

/** Half of what a caller may wait for an answer while Redis hangs. */
const redisMs = 1_000;

/** The job's state: how it ended from the intent log, how it gets on from Redis. An unknown one is `not-found`. */
export async function readJob(readers: JobReaders, queue: string, id: string): Promise<JobView> {
  await readers.intents.refresh();
  const intent = readers.intents.read(intentOfJobId(id));
  const position = intent?.accepted.jobs.findIndex((job) => job.queue === queue && job.id === id) ?? -1;
  if (intent === undefined || position < 0) throw jobMissing({ queue, id });
  return jobView(intent, position, await snapshotsOf(readers.queues, [intent]));
}

/** Snapshots of every job of the intents, by job id; empty where Redis does not answer. */
export async function snapshotsOf(
  queues: Queues,
  intents: readonly Intent[],
): Promise<Map<string, JobSnapshot>> {
  const found = new Map<string, JobSnapshot>();
  if (queues.redis.status !== "ready") return found;
  const jobs: JobReference[] = intents.flatMap((intent) => intent.accepted.jobs);
  const snapshots = await withDeadline(readSnapshots(queues, jobs), redisMs, redisDown);
  for (const [position, snapshot] of snapshots.entries()) {
    if (snapshot !== undefined) found.set(jobs[position]!.id, snapshot);
  }
  return found;
}

/** The view of the intent's job at `position`; pure. */
export function jobView(
  intent: Intent,
  position: number,
  snapshots: ReadonlyMap<string, JobSnapshot>,
): JobView {
  const { jobs, at } = intent.accepted;
  const job = jobs[position]!;
  const before = jobs.slice(0, position);
  const snapshot = snapshots.get(job.id);
  const isRoot = position === jobs.length - 1;
  const children = before.map((child, index) => ({
    id: child.id,
    queue: child.queue,
    state: stateOf(intent, index, snapshots),
  }));
  const own = stateOf(intent, position, snapshots);
  const state = own === "waiting" && children.some((child) => child.state !== "waiting") ? "active" : own;
  const ended = state !== "waiting" && state !== "active";
  const running =
    snapshot?.state === "active" ? job : before.find((child) => snapshots.get(child.id)?.state === "active");
  return {
    id: job.id,
    queue: job.queue,
    state,
    progress: snapshots.get(ended || running === undefined ? job.id : running.id)?.progress ?? null,
    waiting_for: ended ? null : waitOf(jobs.slice(0, position + 1), snapshots),
    attempts: (snapshot?.attemptsEnded ?? 0) + (snapshot?.state === "active" ? 1 : 0),
    result: state === "completed" ? resultOf(intent, isRoot, snapshot) : null,
    error: ended ? errorOf(intent, state, snapshot) : null,
    children,
    created_at: at,
    finished_at: ended
      ? ((isRoot ? intent.ended?.at : undefined) ?? snapshot?.finishedAt ?? intent.ended?.at ?? null)
      : null,
  };
}

function waitOf(jobs: readonly JobReference[], snapshots: ReadonlyMap<string, JobSnapshot>): JobWait | null {
  for (const { id } of jobs) {
    const waitingFor = snapshots.get(id)?.waitingFor;
    if (waitingFor !== undefined) return waitingFor;
  }
  return null;
}

function stateOf(intent: Intent, position: number, snapshots: ReadonlyMap<string, JobSnapshot>): JobState {
  const { jobs } = intent.accepted;
  const snapshot = snapshots.get(jobs[position]!.id);
  const { ended } = intent;
  if (ended === undefined) {
    const isOver =
      snapshot?.state === "failed" || (snapshot?.state === "completed" && position === jobs.length - 1);
    // The log says a moment later how it ended, and with which error; until then nobody should give up on it.
    return isOver ? "active" : (snapshot?.state ?? "waiting");
  }
  if (ended.state === "completed" || position === jobs.length - 1) return ended.state;
  const endedAt = jobs.findIndex((job) => job.id === ended.job?.id);
  if (position < endedAt || snapshot?.state === "completed") return "completed";
  return ended.state;
}

/** A request's own result is in the log for good; that of a step before the last is kept by Redis for as long as the job. */
function resultOf(intent: Intent, isRoot: boolean, snapshot: JobSnapshot | undefined): unknown {
  return (isRoot ? intent.ended?.result : undefined) ?? snapshot?.result ?? null;
}

function errorOf(intent: Intent, state: JobState, snapshot: JobSnapshot | undefined): Problem | null {
  if (state === "completed") return null;
  const stored = StoredProblem.safeParse(intent.ended?.error);
  if (stored.success) return stored.data;
  return snapshot?.failedReason === undefined ? problemFrom(undefined) : readProblem(snapshot.failedReason);
}

import path from "node:path";
import type { Redis } from "ioredis";
import { tryFileLock } from "../storage/file-lock.ts";
import { createFolderDurable } from "../storage/local-bucket.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { addFlows } from "./add-flows.ts";
import { waitUntilReady } from "./connection.ts";
import { endFromRedis } from "./end-from-redis.ts";
import type { Intent } from "./intent-state.ts";
import type { Intents } from "./intents.ts";
import { JobEnvelope, keyPrefix } from "./job-envelope.ts";
import type { Queues } from "./open-queues.ts";
import { removeFlow } from "./remove-flow.ts";
import { startRounds } from "./start-rounds.ts";

export interface ReconcilerOptions {
  queues: Queues;
  intents: Intents;
  /** Folder for lock files; all processes of one data folder share it. */
  locks: string;
  telemetry: Telemetry;
  /** Intents younger than this are left to the process that accepted them. */
  graceMs?: number;
}

export interface ReconcileReport {
  /** True where another process was at it. */
  skipped: boolean;
  open: number;
  /** Flows that Redis did not have and that were added again. */
  added: number;
  /** Intents that had ended in Redis only and are ended in the log now. */
  ended: number;
}

/** Twice the time within which the accepting process adds a flow or gives up. */
const defaultGraceMs = 2_000;
const redisMs = 1_500;
/** One round trip of this size takes Redis a few milliseconds. */
const pageSize = 500;
/** Keeps a round below a few tens of milliseconds, however many requests wait. */
const windowSize = 2_000;

/** Makes Redis agree with the intent log once. Any number of processes may call it; one at a time does it. */
export async function reconcileOnce(options: ReconcilerOptions): Promise<ReconcileReport> {
  await createFolderDurable(options.locks);
  using lock = tryFileLock(path.join(options.locks, "reconciler.lock"));
  const report: ReconcileReport = { skipped: lock === undefined, open: 0, added: 0, ended: 0 };
  if (lock === undefined) return report;
  const { intents, queues } = options;
  await waitUntilReady(queues.redis, redisMs);
  await intents.refresh();
  const before = new Date(Date.now() - (options.graceMs ?? defaultGraceMs)).toISOString();
  const open = intents.open().filter((intent) => intent.accepted.at < before);
  report.open = open.length;
  const memory = await readMemory(queues.redis);
  const examined = memory.isWhole ? windowOf(open) : open;
  for (let start = 0; start < examined.length; start += pageSize) {
    const page = examined.slice(start, start + pageSize);
    const roots = await readRoots(queues, page);
    const lost = page.filter((intent, position) => isLost(intent, roots[position]));
    await restore(options, lost);
    report.added += lost.length;
    for (const [position, intent] of page.entries()) {
      if (lost.includes(intent) || !roots[position]?.finished) continue;
      if (await endFromRedis(options, intent)) report.ended += 1;
    }
  }
  if (!memory.isWhole) await queues.redis.set(memoryKey, memory.runId);
  const count = report.added + report.ended;
  if (count > 0) options.telemetry.emit("intent.reconciled", { count });
  return report;
}

/** Reconciles now and then every `everyMs`, until stopped; `stop` waits for the round that runs. */
export function startReconciler(
  options: ReconcilerOptions & { everyMs: number; afterRound?: () => Promise<void> },
): { stop(): Promise<void> } {
  const { everyMs, afterRound, telemetry } = options;
  return startRounds({
    everyMs,
    round: async () => {
      await reconcileOnce(options);
      await afterRound?.();
    },
    onError: (error) =>
      telemetry.log.warn({ error }, "The reconciler could not finish its round; the next one tries again."),
  });
}

/** Holds the run id of the Redis process that was last compared as a whole. */
const memoryKey = `${keyPrefix}:reconciled`;

/** Whether Redis is still the process that has been compared before, with its data; else everything may be missing. */
async function readMemory(redis: Redis): Promise<{ isWhole: boolean; runId: string }> {
  const [info, known] = await Promise.all([redis.info("server"), redis.get(memoryKey)]);
  const runId = /^run_id:(\w+)/m.exec(info)?.[1] ?? "";
  return { isWhole: known === runId && runId !== "", runId };
}

/** Some of the open intents, from a place drawn by chance: rounds are frequent, so all have their turn soon. */
function windowOf(open: Intent[]): Intent[] {
  if (open.length <= windowSize) return open;
  const start = Math.floor(Math.random() * open.length);
  const wrapped = Math.max(0, start + windowSize - open.length);
  return [...open.slice(start, start + windowSize), ...open.slice(0, wrapped)];
}

interface Root {
  finished: boolean;
  round: number;
}

async function readRoots(queues: Queues, page: readonly Intent[]): Promise<(Root | undefined)[]> {
  const pipeline = queues.redis.pipeline();
  for (const { accepted } of page) {
    const root = accepted.jobs.at(-1)!;
    pipeline.hmget(queues.byName[root.queue].toKey(root.id), "data", "finishedOn");
  }
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error) throw error;
    const [data, finishedOn] = reply as [string | null, string | null];
    if (data === null) return undefined;
    const envelope = JobEnvelope.safeParse(JSON.parse(data));
    return { finished: finishedOn !== null, round: envelope.success ? envelope.data.round : -1 };
  });
}

/** Not in Redis, or there only as the job of an earlier round that a retry was about to replace. */
function isLost(intent: Intent, root: Root | undefined): boolean {
  return root === undefined || root.round < intent.round;
}

async function restore({ queues, intents }: ReconcilerOptions, lost: readonly Intent[]): Promise<void> {
  await intents.refresh();
  const open = lost.filter(({ accepted }) => intents.read(accepted.intent)?.ended === undefined);
  // What is left of a flow goes first: the id of a failed job would keep the new one out.
  for (const { accepted } of open) await removeFlow(queues, accepted.jobs);
  if (open.length > 0) await addFlows(queues, open);
}

import type { PoolSettings } from "@lakefleet/config/pools.ts";
import type { QueueName } from "@lakefleet/queues/define-queue.ts";
import { z } from "zod";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { createAcceptanceGate } from "./acceptance-gate.ts";
import { createFlowAdder } from "./add-flows.ts";
import { cancelJob } from "./cancel-job.ts";
import { compactIntentsIfDue } from "./compact-intents.ts";
import { openProducerConnection, type RedisAddress, redisDown, waitUntilReady } from "./connection.ts";
import { withDeadline } from "./deadline.ts";
import type { JobReference } from "./intent-record.ts";
import { type Intents, openIntents } from "./intents.ts";
import { type JobFilter, listJobs } from "./list-jobs.ts";
import { openQueues, type Queues } from "./open-queues.ts";
import { applyPauses } from "./pause-pools.ts";
import { changePoolSettings, poolSettingsLog, readPoolSettings } from "./pool-settings.ts";
import { type PoolState, readPools } from "./pool-state.ts";
import { type JobView, readJob } from "./read-job.ts";
import { type ReconcileReport, reconcileOnce, startReconciler } from "./reconciler.ts";
import { retryJob } from "./retry-job.ts";
import { openSchedules, type Schedules } from "./schedules.ts";
import { createStartFlow, type StartFlow } from "./start-flow.ts";
import { watchJob } from "./watch-job.ts";
import { readFleet, type WorkerEntry } from "./worker-registry.ts";

export interface OpenJobsOptions {
  address: RedisAddress;
  /** Folder of the intent log. */
  intentsFolder: string;
  /** The primary bucket; the pools' settings are in it. */
  store: ObjectStore;
  /** Folder for lock files. */
  locks: string;
  telemetry: Telemetry;
  /** Jobs that may wait in one queue. */
  queueDepthMax: number;
}

export type PoolReport = PoolState & PoolSettings & { workers: WorkerEntry[] };

/** Everything that an app does with jobs, except to run them. */
export interface Jobs {
  startFlow: StartFlow;
  /** For a request whose body is large: refuses as `startFlow` would, before the body is taken. */
  assertAccepting(names: Iterable<QueueName>): Promise<void>;
  read(queue: string, id: string): Promise<JobView>;
  list(filter: JobFilter): Promise<JobView[]>;
  /** The newest `limit` lines of a job, oldest first. */
  logs(queue: QueueName, id: string, limit: number): Promise<string[]>;
  watch(queue: string, id: string, signal: AbortSignal): AsyncIterable<JobView>;
  cancel(queue: string, id: string): Promise<void>;
  retry(queue: string, id: string): Promise<JobReference>;
  pools(): Promise<PoolReport[]>;
  changePool(pool: QueueName, change: Partial<PoolSettings>): Promise<PoolSettings>;
  /** Whether Redis answers, and how many accepted requests have not ended. */
  health(): Promise<{ redis: boolean; openIntents: number }>;
  reconcileOnce(options?: { graceMs?: number }): Promise<ReconcileReport>;
  startReconciler(options: { everyMs: number }): { stop(): Promise<void> };
  readonly schedules: Schedules;
  readonly queues: Queues;
  readonly intents: Intents;
  close(): Promise<void>;
}

/** Most that a question about the fleet may take while Redis hangs. */
const redisMs = 1_500;
/** A log grows by a few segments with every start of a process. */
const compactEveryMs = 3_600_000;

/** Opens the job facade over one connection that fails fast. Resolves also where Redis is down. */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs> {
  const { store, telemetry } = options;
  const redis = openProducerConnection({ address: options.address, telemetry });
  const queues = openQueues(redis, telemetry);
  const intents = await openIntents({ folder: options.intentsFolder, telemetry });
  const gate = createAcceptanceGate({ queues, depthMax: options.queueDepthMax });
  const adder = createFlowAdder({ queues, telemetry });
  const settingsLog = poolSettingsLog(store);
  const schedules = openSchedules({ store, redis, telemetry });
  const inside = { queues, intents, telemetry, locks: options.locks };
  const asked = async <T>(question: () => Promise<T>): Promise<T> => {
    await waitUntilReady(redis, redisMs);
    return await withDeadline(question(), redisMs, redisDown);
  };
  let compactAt = 0;
  const upkeep = async () => {
    await applySettings();
    await schedules.mirror();
    if (Date.now() < compactAt) return;
    compactAt = Date.now() + compactEveryMs;
    await compactIntentsIfDue({ folder: options.intentsFolder, telemetry });
  };
  const applySettings = async () => applyPauses(queues, await readPoolSettings(settingsLog));

  return {
    schedules,
    queues,
    intents,
    startFlow: createStartFlow({ intents, gate, adder }),
    assertAccepting: (names) => gate.check(names),
    read: (queue, id) => readJob(inside, queue, id),
    list: (filter) => listJobs(inside, filter),
    logs: (queue, id, limit) => asked(() => readLogs(queues, { queue, id, limit })),
    watch: (queue, id, signal) => watchJob(inside, { queue, id }, signal),
    cancel: (queue, id) => cancelJob(inside, { queue, id }),
    retry: (queue, id) => retryJob(inside, { queue, id }),
    async pools() {
      const settings = await readPoolSettings(settingsLog);
      const [states, fleet] = await asked(() => Promise.all([readPools(queues), readFleet(redis)]));
      return states.map((state) => ({
        ...state,
        ...settings[state.pool],
        workers: fleet.filter((worker) => worker.pool === state.pool),
      }));
    },
    async changePool(pool, change) {
      const changed = await changePoolSettings(settingsLog, pool, change);
      await asked(applySettings);
      return changed;
    },
    async health() {
      const redisAnswers = await asked(() => redis.ping()).then(
        () => true,
        () => false,
      );
      await intents.refresh();
      return { redis: redisAnswers, openIntents: intents.open().length };
    },
    reconcileOnce: (settings = {}) => reconcileOnce({ ...inside, ...settings }),
    startReconciler: ({ everyMs }) => startReconciler({ ...inside, everyMs, afterRound: upkeep }),
    async close() {
      await adder.idle();
      await schedules.close();
      await queues.close();
      redis.disconnect();
      await intents.close();
    },
  };
}

async function readLogs(
  queues: Queues,
  { queue, id, limit }: { queue: QueueName; id: string; limit: number },
): Promise<string[]> {
  const stored = await queues.redis.lrange(`${queues.byName[queue].toKey(id)}:logs`, -limit, -1);
  return z.array(z.string()).parse(stored);
}

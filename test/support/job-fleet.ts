import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { QueueContract } from "@lakefleet/queues/define-queue.ts";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { openWorkerConnection } from "../../lib/jobs/connection.ts";
import { type Intents, openIntents } from "../../lib/jobs/intents.ts";
import { type Jobs, openJobs } from "../../lib/jobs/open-jobs.ts";
import type { JobHandler } from "../../lib/jobs/process-job.ts";
import type { JobView } from "../../lib/jobs/read-job.ts";
import { type RunningWorker, type RunWorkerOptions, runWorker } from "../../lib/jobs/run-worker.ts";
import { createMemoryStore } from "../../lib/storage/memory-store.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";

/** A real Redis, a facade and workers of this process over a data folder of their own. */
export interface JobFleet {
  redis: RedisServer;
  jobs: Jobs;
  intentsFolder: string;
  work<Payload extends z.ZodType, Result extends z.ZodType>(
    contract: QueueContract<Payload, Result>,
    handler: JobHandler<Payload, Result>,
    options?: Partial<RunWorkerOptions<Payload, Result>>,
  ): Promise<RunningWorker>;
  /** Waits until the job is in one of the states. */
  settled(job: { queue: string; id: string }, ...states: JobView["state"][]): Promise<JobView>;
  close(): Promise<void>;
}

export async function startJobFleet(options: { queueDepthMax?: number } = {}): Promise<JobFleet> {
  const redis = await startRedisServer();
  const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-jobs-"));
  const intentsFolder = path.join(folder, "intents");
  const telemetry = silentTelemetry();
  const address = { socketPath: redis.socketPath };
  const jobs = await openJobs({
    address,
    intentsFolder,
    store: createMemoryStore("jobs"),
    locks: path.join(folder, "locks"),
    telemetry,
    queueDepthMax: options.queueDepthMax ?? 10_000,
  });
  const running: { worker: RunningWorker; connection: Redis; intents: Intents }[] = [];
  return {
    redis,
    jobs,
    intentsFolder,
    async work(contract, handler, settings = {}) {
      const connection = openWorkerConnection({ address, telemetry });
      const intents = await openIntents({ folder: intentsFolder, telemetry });
      const worker = runWorker({
        contract,
        handler,
        concurrency: 1,
        connection,
        intents,
        telemetry,
        drainTimeoutMs: 100,
        providerWaitMaxMs: 60_000,
        takeover: { lockMs: 1_000, stalledCheckMs: 500 },
        ...settings,
      });
      running.push({ worker, connection, intents });
      await worker.ready();
      return worker;
    },
    settled: (job, ...states) =>
      eventually(async () => {
        const view = await jobs.read(job.queue, job.id);
        return states.includes(view.state) ? view : undefined;
      }),
    async close() {
      for (const { worker, connection, intents } of running) {
        await worker.drain();
        connection.disconnect();
        await intents.close();
      }
      await jobs.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The first defined value, looked for again and again; fails after `limitMs`. */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  limitMs = 15_000,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`Nothing came within ${limitMs} ms.`);
    await pause(20);
  }
}

import { dataLayout } from "@lakefleet/config/layout.ts";
import { defaultPools, drainTimeoutMs } from "@lakefleet/config/pools.ts";
import type { Configuration } from "@lakefleet/config/schema.ts";
import type { QueueContract } from "@lakefleet/queues/define-queue.ts";
import type { Redis } from "ioredis";
import type { z } from "zod";
import { openEngineFolder } from "../storage/engine-folder.ts";
import { armFailpoints } from "../storage/failpoint.ts";
import { type LocalStore, openLocalStore } from "../storage/local-store.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { openProducerConnection, openWorkerConnection } from "./connection.ts";
import { openIntents } from "./intents.ts";
import type { JobHandler } from "./process-job.ts";
import { redisAddress } from "./redis-address.ts";
import { runWorker } from "./run-worker.ts";

export interface WorkerResources {
  configuration: Configuration;
  store: LocalStore;
  /** Folder for lock files. */
  locks: string;
  /** Fails fast: for what asks Redis for leave, and must not do so after its caller has left. */
  redis: Redis;
  telemetry: Telemetry;
}

/** The life of one worker process: opens what every handler needs, takes jobs until SIGTERM or SIGINT, drains, exits 0. */
export async function runWorkerProcess<Payload extends z.ZodType, Result extends z.ZodType>(options: {
  configuration: Configuration;
  contract: QueueContract<Payload, Result>;
  openHandler: (
    resources: WorkerResources,
  ) => Promise<{ handler: JobHandler<Payload, Result>; close?: () => Promise<void> }>;
}): Promise<void> {
  const { configuration, contract } = options;
  armFailpoints(configuration.failpoints);
  const layout = dataLayout(configuration.dataFolder);
  const telemetry = createTelemetry({ service: `${contract.name}-worker`, level: configuration.logLevel });
  const store = await openLocalStore({ name: "primary", root: layout.bucket });
  const engines = openEngineFolder(store);
  const address = redisAddress(configuration);
  const redis = openProducerConnection({ address, telemetry });
  const opened = await options.openHandler({ configuration, store, locks: layout.locks, redis, telemetry });
  const intents = await openIntents({ folder: layout.intents, telemetry });
  const connection = openWorkerConnection({ address, telemetry });
  const worker = runWorker({
    contract,
    handler: (payload, context) => engines.during(() => opened.handler(payload, context)),
    concurrency: defaultPools[contract.name].concurrency,
    connection,
    intents,
    telemetry,
    drainTimeoutMs,
    providerWaitMaxMs: configuration.providerWaitMs,
    takeover: { lockMs: configuration.workerLockMs, stalledCheckMs: configuration.workerLockMs / 2 },
  });
  await stopRequested();
  await worker.drain();
  await opened.close?.();
  connection.disconnect();
  redis.disconnect();
  await intents.close();
  process.exit(0);
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

import path from "node:path";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { openJobs } from "@lakefleet/lib/jobs/open-jobs.ts";
import { createMemoryStore } from "@lakefleet/lib/storage/memory-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { startRedisServer } from "../../test/support/redis-server.ts";
import { refreshJob } from "../../test/support/toy-jobs.ts";

export interface BareQueue {
  /** One `Queue.add` of what a refresh puts into its queue, and nothing around it. */
  add(): Promise<undefined>;
  /** The whole acceptance as a route calls it, synced record included, without HTTP. */
  accept(): Promise<undefined>;
  redisPid: number;
  close(): Promise<void>;
}

/** The queue engine on a Redis of its own with the fleet's settings; no worker takes anything. */
export async function openBareQueue(folder: string): Promise<BareQueue> {
  const redis = await startRedisServer();
  const jobs = await openJobs({
    address: { socketPath: redis.socketPath },
    intentsFolder: path.join(folder, "intents"),
    store: createMemoryStore("bench"),
    locks: path.join(folder, "locks"),
    telemetry: silentTelemetry(),
    queueDepthMax: 10_000_000,
  });
  return {
    async add() {
      const intent = newIntentId();
      const payload = { intent, dataset: "toy" };
      await jobs.queues.byName.refresh.add("refresh", { intent, round: 0, payload });
    },
    async accept() {
      await jobs.startFlow({ steps: refreshJob(), actor: "bench" });
    },
    redisPid: redis.pid(),
    async close() {
      await jobs.close();
      await redis.stop();
    },
  };
}

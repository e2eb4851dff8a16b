import { type QueueName, queueNames } from "@lakefleet/queues/define-queue.ts";
import { FlowProducer, Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { keyPrefix } from "./job-envelope.ts";

export interface Queues {
  /** The connection that all of them share. */
  redis: Redis;
  byName: Record<QueueName, Queue>;
  flows: FlowProducer;
  /** Leaves the connection open; it is the caller's. */
  close(): Promise<void>;
}

/** Handles for adding and reading jobs of every queue over one connection. */
export function openQueues(redis: Redis, telemetry: Telemetry): Queues {
  // Without the version check, since a queue whose first look at Redis fails would stay broken for good.
  const options = { connection: redis, prefix: keyPrefix, skipVersionCheck: true };
  const report = (error: Error) => telemetry.emit("redis.error", { code: error.name });
  const open = (name: QueueName): Queue => {
    const queue = new Queue(name, options);
    queue.on("error", report);
    return queue;
  };
  const byName = {
    ingest: open("ingest"),
    embed: open("embed"),
    index: open("index"),
    trial: open("trial"),
    refresh: open("refresh"),
  } satisfies Record<QueueName, Queue>;
  const flows = new FlowProducer(options);
  flows.on("error", report);
  return {
    redis,
    byName,
    flows,
    async close() {
      await Promise.all([flows.close(), ...queueNames.map((name) => byName[name].close())]);
    },
  };
}

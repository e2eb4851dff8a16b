import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRotatingLog, type RotatingLog } from "../../apps/fleet/rotating-log.ts";
import type { RunningProcess } from "../../apps/fleet/running-process.ts";
import { prepareWasmRedis } from "../../apps/fleet/wasm-redis.ts";
import { environmentOf, readConfiguration } from "../../config/schema.ts";

let folder: string;
let log: RotatingLog;
let running: RunningProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-wasm-"));
  log = openRotatingLog({ file: path.join(folder, "redis.log") });
});

afterEach(async () => {
  await running?.stop(5_000);
  log.close();
  await rm(folder, { recursive: true, force: true });
});

test("the queue in WebAssembly asks for its password and runs jobs", async () => {
  const configuration = readConfiguration({ LAKEFLEET_DATA: folder });
  if (!configuration.ok) throw new Error(configuration.problems.join("; "));
  const environment = environmentOf(configuration.configuration, []);
  const redis = await prepareWasmRedis({ environment, output: { log, show: false } });
  running = await redis.start();

  const stranger = new Redis(redis.url.replace(/:[^:@]*@/, ":wrong@"), { retryStrategy: () => null });
  stranger.on("error", () => stranger.disconnect());
  await expect(stranger.get("key")).rejects.toThrow();
  stranger.disconnect();

  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue("wasm", { connection });
  const done = new Promise<unknown>((resolve, reject) => {
    const worker = new Worker("wasm", async (job) => job.data.number * 2, { connection });
    worker.once("completed", (_, result) => void worker.close().then(() => resolve(result)));
    worker.once("error", reject);
  });
  await queue.add("double", { number: 21 });
  expect(await done).toBe(42);
  await queue.close();
  connection.disconnect();
  expect(await running.stop(5_000)).toMatchObject({ code: 0 });
});

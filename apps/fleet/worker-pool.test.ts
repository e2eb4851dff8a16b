import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startAutoscaler } from "./autoscale.ts";
import type { Crash } from "./keep-running.ts";
import { openRotatingLog, type RotatingLog } from "./rotating-log.ts";
import { superviseChild } from "./running-process.ts";
import type { PoolReading } from "./scale-pools.ts";
import { openWorkerPool, type WorkerPool } from "./worker-pool.ts";

let folder: string;
let log: RotatingLog;
let children: ChildProcess[];
let crashes: Crash[];
let pool: WorkerPool;

/** Takes a quarter of a second to finish its job when it is told to stop. */
const worker = "trap 'sleep 0.25; exit 0' TERM; while :; do sleep 0.02; done";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-pool-"));
  log = openRotatingLog({ file: path.join(folder, "log") });
  children = [];
  crashes = [];
  pool = openWorkerPool({
    name: "embed",
    start() {
      const child = spawn("sh", ["-c", worker]);
      children.push(child);
      return superviseChild(child, { log, show: false });
    },
    onCrash: (crash) => crashes.push(crash),
    drainMaxMs: 5_000,
  });
});

afterEach(async () => {
  await pool.stop();
  log.close();
  await rm(folder, { recursive: true, force: true });
});

function living(): number {
  return children.filter((child) => child.exitCode === null && child.signalCode === null).length;
}

test("a pool that shrinks drains its youngest worker and counts it until it is gone", async () => {
  pool.grow();
  pool.grow();
  await vi.waitFor(() => expect(living()).toBe(2));
  pool.shrink();
  expect(pool.size()).toBe(1);
  expect(pool.total()).toBe(2);
  await vi.waitFor(() => expect(pool.total()).toBe(1));
  expect(children[1]?.exitCode ?? children[1]?.signalCode).not.toBeNull();
  expect(children[0]?.exitCode).toBeNull();
  expect(crashes).toEqual([]);
});

test("a worker that dies is replaced and the pool keeps its size", async () => {
  pool.grow();
  await vi.waitFor(() => expect(living()).toBe(1));
  children[0]?.kill("SIGKILL");
  await vi.waitFor(() => expect(children).toHaveLength(2), 5_000);
  expect(pool.size()).toBe(1);
  expect(crashes).toMatchObject([{ name: "embed", exit: { signal: "SIGKILL" } }]);
});

test("the autoscaler grows a pool that falls behind, brings it back into new bounds, and leaves it when blind", async () => {
  const bounds = { min: 1, max: 2, concurrency: 1, waitMaxMs: 100 };
  const behind: PoolReading = { bounds, paused: false, depth: 5, oldestWaitMs: 1_000, active: 1 };
  let read = async (): Promise<Record<string, PoolReading>> => ({ embed: behind });
  const lines: string[] = [];
  pool.grow();
  const autoscaler = startAutoscaler({
    pools: [pool],
    readPools: () => read(),
    processesMax: 8,
    report: (line) => lines.push(line),
  });
  await vi.waitFor(() => expect(pool.size()).toBe(2), 5_000);
  read = async () => ({ embed: { ...behind, depth: 0, bounds: { ...bounds, max: 1 } } });
  await vi.waitFor(() => expect(pool.size()).toBe(1), 5_000);
  read = () => Promise.reject(new Error("Redis is away"));
  await vi.waitFor(() => expect(lines.join()).toContain("Redis is away"), 5_000);
  await autoscaler.stop();
  expect(pool.size()).toBe(1);
});

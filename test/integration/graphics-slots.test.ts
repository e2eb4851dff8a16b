import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DomainError } from "../../lib/errors/domain-error.ts";
import { openModelServer } from "../../lib/profile/model-server.ts";
import { type GpuSlots, openGpuSlots } from "../../lib/profile/open-gpu-slots.ts";
import { useGpuModel } from "../../lib/profile/use-gpu-model.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { type FakeGraphicsServer, startFakeGraphicsServer } from "../support/fake-graphics-server.ts";
import { type JobFleet, startJobFleet } from "../support/job-fleet.ts";
import { refreshJob, refreshResult } from "../support/toy-jobs.ts";

let fleet: JobFleet;
let redis: Redis;
let server: FakeGraphicsServer;

beforeAll(async () => {
  fleet = await startJobFleet();
  redis = new Redis({ path: fleet.redis.socketPath });
  server = await startFakeGraphicsServer();
});
afterEach(async () => {
  await redis.del("lakefleet:gpu");
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
  await fleet.close();
});

function slotsOf(options: { slotCount?: number; leaseMs?: number } = {}): GpuSlots {
  return openGpuSlots({ redis, slotCount: 1, telemetry: silentTelemetry(), ...options });
}

async function problemOf(promise: Promise<unknown>): Promise<DomainError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error(`no DomainError, but ${String(error)}`);
  return error;
}

test("a dead holder's slot is free within the lease, and the holder can publish nothing any more", async () => {
  const leaseMs = 300;
  const slots = slotsOf({ leaseMs });
  const dead = await slots.take({ job: "1", model: "a" });
  expect(await problemOf(slots.take({ job: "2", model: "b" }))).toMatchObject({
    kind: "busy",
    type: "gpu-slot-taken",
  });
  await expire(redis, leaseMs);
  const heir = await slots.take({ job: "2", model: "b" });
  expect(heir).toMatchObject({ load: true, evicted: ["a"] });
  expect(heir.fence).toBeGreaterThan(dead.fence);
  expect(await problemOf(dead.assertHeld())).toMatchObject({ type: "gpu-lease-lost" });
  expect(dead.signal.aborted).toBe(true);
  await heir.assertHeld();
  await heir.release();
});

test("a living holder keeps its slot for longer than a lease", async () => {
  const slots = slotsOf({ leaseMs: 150 });
  const lease = await slots.take({ job: "1", model: "a" });
  const renewed = async () => (await slots.table()).slots[0]?.holders[0]?.untilMs ?? 0;
  const first = await renewed();
  await expect.poll(renewed, { timeout: 5_000 }).toBeGreaterThan(first + 150);
  await lease.assertHeld();
  await lease.release();
});

test("a Redis that is flushed takes the lease away, and the holder is told before it publishes", async () => {
  const slots = slotsOf();
  const lease = await slots.take({ job: "1", model: "a" });
  await redis.del("lakefleet:gpu");
  expect(await problemOf(lease.assertHeld())).toMatchObject({ kind: "unavailable", type: "gpu-lease-lost" });
});

test("jobs wait for their model without a worker or an attempt, and go model by model", async () => {
  const slots = slotsOf();
  const models = new Map<string, string>();
  const order: string[] = [];
  await fleet.work(refreshQueue, async (_payload, { jobId, signal }) => {
    const model = { name: models.get(jobId) ?? "", shared: false };
    await useGpuModel(
      { slots, server: openModelServer(server), model, job: jobId, signal },
      async (place) => {
        await place.hold();
        order.push(model.name);
        await place.hold();
      },
    );
    return refreshResult;
  });
  const held = await slots.take({ job: "someone", model: "z" });
  const started = [];
  for (const model of ["a", "b", "a", "b", "a"]) {
    const steps = refreshJob();
    models.set(steps[0]?.id ?? "", model);
    started.push(await fleet.jobs.startFlow({ steps, actor: "test" }));
  }
  // One worker turns all five away one after another, so none of them holds it.
  await expect.poll(async () => (await slots.table()).waiting.length, { timeout: 10_000 }).toBe(5);
  await held.release();
  for (const job of started) {
    const view = await fleet.settled(job, "completed", "failed");
    expect(view.state).toBe("completed");
    expect(view.attempts).toBeLessThanOrEqual(1);
  }
  expect(order).toEqual(["a", "a", "a", "b", "b"]);
  expect(server.asked).toEqual(["unload z", "load a", "unload a", "load b"]);
  const { swaps, firstComeSwaps } = await slots.table();
  expect({ swaps, firstComeSwaps }).toEqual({ swaps: 3, firstComeSwaps: 6 });
});

/** Lets every lease of this length run out without waiting for it. */
async function expire(connection: Redis, leaseMs: number): Promise<void> {
  const text = (await connection.hget("lakefleet:gpu", "table")) ?? "";
  const aged = text.replace(/"untilMs":([\d.]+)/g, (_, until) => `"untilMs":${Number(until) - leaseMs}`);
  await connection.hset("lakefleet:gpu", "table", aged, "version", "aged");
}

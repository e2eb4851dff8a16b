import { setTimeout as pause } from "node:timers/promises";
import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DomainError } from "../../lib/errors/domain-error.ts";
import { newIntentId } from "../../lib/jobs/intent-id.ts";
import type { JobContext } from "../../lib/jobs/job-context.ts";
import { eventually, type JobFleet, startJobFleet } from "../support/job-fleet.ts";
import {
  embedResult,
  indexResult,
  ingestFlow,
  ingestResult,
  refreshJob,
  refreshResult,
} from "../support/toy-jobs.ts";

let fleet: JobFleet;
beforeEach(async () => {
  fleet = await startJobFleet({ queueDepthMax: 20 });
});
afterEach(async () => {
  await fleet.close();
});

const actor = "test";

/** Resolves when the signal aborts, as a handler that listens to it does. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  await pause(60_000, undefined, { signal });
  throw new Error("The signal never aborted.");
}

describe("a flow", () => {
  test("runs its five steps in order, each with the result of the one before", async () => {
    const ran: string[] = [];
    const seen: unknown[] = [];
    await fleet.work(ingestQueue, async () => {
      ran.push("ingest");
      return ingestResult;
    });
    await fleet.work(embedQueue, async (_payload, context) => {
      ran.push("embed");
      seen.push(...context.childResults);
      return embedResult;
    });
    await fleet.work(indexQueue, async ({ step }) => {
      ran.push(step);
      return { ...indexResult, ...(step === "promote" ? { activation: 1 } : {}) };
    });
    const root = await fleet.jobs.startFlow({ steps: ingestFlow(), actor });
    const done = await fleet.settled(root, "completed");
    expect(ran).toEqual(["ingest", "embed", "build", "gate", "promote"]);
    expect(seen).toEqual([ingestResult]);
    expect(done.result).toEqual({ ...indexResult, activation: 1 });
    expect(done.children.map((child) => child.state)).toEqual(Array(4).fill("completed"));
    expect(done.error).toBeNull();
    expect(done.finished_at).not.toBeNull();
  });

  test("of one request that is started twice is one flow", async () => {
    let runs = 0;
    await fleet.work(refreshQueue, async () => {
      runs++;
      return refreshResult;
    });
    const steps = refreshJob();
    const roots = await Promise.all([1, 2, 3].map(() => fleet.jobs.startFlow({ steps, actor })));
    await fleet.settled(roots[0]!, "completed");
    await fleet.jobs.startFlow({ steps, actor });
    expect(new Set(roots.map((root) => root.id)).size).toBe(1);
    expect((await fleet.jobs.list({ limit: 10 })).length).toBe(1);
    expect(runs).toBe(1);
  });

  test("shows the progress and the logs of the step that runs", async () => {
    await fleet.work(ingestQueue, async (_payload, { progress, log, signal }) => {
      log("reading");
      for (let done = 0; ; done += 10) {
        progress({ done, total: 1_000_000, unit: "rows" });
        await pause(20, undefined, { signal });
      }
    });
    const root = await fleet.jobs.startFlow({ steps: ingestFlow(), actor });
    const running = await eventually(async () => {
      const view = await fleet.jobs.read(root.queue, root.id);
      return view.progress?.rate ? view : undefined;
    });
    expect(running.state).toBe("active");
    expect(running.progress).toMatchObject({ total: 1_000_000, unit: "rows" });
    expect(running.progress?.eta_seconds).toBeGreaterThan(100);
    const first = running.children[0]!;
    expect(await fleet.jobs.logs(first.queue, first.id, 10)).toEqual(["reading"]);
    await fleet.jobs.cancel(root.queue, root.id);
  });
});

describe("an error", () => {
  test("that is permanent ends the flow at the first attempt and names itself", async () => {
    let attempts = 0;
    await fleet.work(ingestQueue, async () => {
      attempts++;
      throw new DomainError({
        kind: "invalid",
        type: "csv-row",
        message: "Row 7 is ragged.",
        place: { row: 7 },
      });
    });
    const root = await fleet.jobs.startFlow({ steps: ingestFlow(), actor });
    const failed = await fleet.settled(root, "failed");
    expect(attempts).toBe(1);
    expect(failed.error).toMatchObject({
      type: "csv-row",
      status: 422,
      detail: "Row 7 is ragged.",
      place: { row: 7 },
    });
    expect(failed.children.map((child) => child.state)).toEqual(["failed", "failed", "failed", "failed"]);
  });

  test("that may pass is tried again after a while", async () => {
    const startedAt: number[] = [];
    await fleet.work(refreshQueue, async () => {
      startedAt.push(performance.now());
      if (startedAt.length === 1) {
        throw new DomainError({ kind: "exhausted", type: "disk-full", message: "The disk is full." });
      }
      return refreshResult;
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const done = await fleet.settled(root, "completed");
    expect(done.attempts).toBe(2);
    // The contract's first delay is 1 s, less up to half of it by chance.
    expect(startedAt[1]! - startedAt[0]!).toBeGreaterThan(450);
  });

  test("of a handler that finds what it needs held by another costs no attempt", async () => {
    let calls = 0;
    await fleet.work(refreshQueue, async () => {
      calls += 1;
      // More often than the queue has attempts.
      if (calls > 2 * refreshQueue.options.attempts) return refreshResult;
      throw new DomainError({ kind: "busy", type: "lock-held", message: "held", retryAfterSeconds: 0.01 });
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const done = await fleet.settled(root, "completed");
    expect(done.attempts).toBe(1);
  });

  test("of what another holds for a moment comes long before the time that it was told", async () => {
    let calls = 0;
    await fleet.work(refreshQueue, async () => {
      calls += 1;
      if (calls > 2) return refreshResult;
      throw new DomainError({ kind: "busy", type: "lock-held", message: "held", retryAfterSeconds: 60 });
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await fleet.settled(root, "completed");
    expect(calls).toBe(3);
  });

  test("of a server of models costs no attempt either, and the job says what it waits for", async () => {
    let calls = 0;
    const isBack = Promise.withResolvers<void>();
    await fleet.work(refreshQueue, async () => {
      calls += 1;
      if (calls > 2 * refreshQueue.options.attempts) return refreshResult;
      const retryAfterSeconds = calls === 2 ? 0.5 : 0.01;
      if (calls === 4) await isBack.promise;
      throw new DomainError({
        kind: "unavailable",
        type: "provider-circuit-open",
        message: "Left alone.",
        retryAfterSeconds,
      });
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const told = await eventually(
      async () => (await fleet.jobs.read(root.queue, root.id)).waiting_for ?? undefined,
    );
    expect(told).toMatchObject({ type: "provider-circuit-open", detail: "Left alone." });
    await eventually(() => calls === 4 || undefined);
    expect(await fleet.jobs.read(root.queue, root.id)).toMatchObject({ state: "active", waiting_for: null });
    isBack.resolve();
    const done = await fleet.settled(root, "completed");
    expect(done).toMatchObject({ attempts: 1, waiting_for: null });
  });

  test("of a server of models that stays away ends the job once it has waited for so long in all", async () => {
    let calls = 0;
    const outage = { kind: "unavailable", type: "provider-failed", message: "It is down." } as const;
    await fleet.work(
      refreshQueue,
      async () => {
        calls += 1;
        throw new DomainError({ ...outage, retryAfterSeconds: 0.04 });
      },
      { providerWaitMaxMs: 100 },
    );
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const done = await fleet.settled(root, "failed");
    expect(done.error).toMatchObject({ type: "provider-wait-over" });
    expect(done.error?.detail).toContain("It is down.");
    // 40, 40 and the 20 ms that were left; the fourth try is the last.
    expect(calls).toBe(4);
    const retried = await fleet.jobs.retry(root.queue, root.id);
    await fleet.settled(retried, "failed");
    expect(calls).toBe(8);
  });

  test("in the result is caught by the contract", async () => {
    const contract = { ...refreshQueue, options: { ...refreshQueue.options } };
    let attempts = 0;
    await fleet.work(contract, async () => {
      attempts++;
      return { ...refreshResult, datasetVersion: attempts === 1 ? Number.NaN : 1 };
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    expect((await fleet.settled(root, "completed")).attempts).toBe(2);
  });

  test("of time ends the attempt", async () => {
    let attempts = 0;
    await fleet.work({ ...refreshQueue, timeoutMs: 100 }, async (_payload, { signal }) => {
      attempts++;
      if (attempts === 1) await untilAborted(signal);
      return refreshResult;
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    expect((await fleet.settled(root, "completed")).attempts).toBe(2);
  });
});

describe("cancelling", () => {
  test("a waiting flow takes it out of the queues", async () => {
    const root = await fleet.jobs.startFlow({ steps: ingestFlow(), actor });
    await fleet.jobs.cancel(root.queue, root.id);
    const view = await fleet.jobs.read(root.queue, root.id);
    expect(view.state).toBe("cancelled");
    expect(view.error?.type).toBe("job-cancelled");
    let ran = false;
    await fleet.work(ingestQueue, async () => {
      ran = true;
      return ingestResult;
    });
    const pools = await fleet.jobs.pools();
    expect(pools.every((pool) => pool.waiting === 0)).toBe(true);
    expect(ran).toBe(false);
  });

  test("a running job stops its handler, and a retry runs it from the start", async () => {
    const aborted: unknown[] = [];
    let attempts = 0;
    await fleet.work(refreshQueue, async (_payload, { signal }) => {
      attempts++;
      if (attempts === 1) {
        await untilAborted(signal).finally(() => aborted.push(signal.reason));
      }
      return refreshResult;
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await fleet.settled(root, "active");
    await fleet.jobs.cancel(root.queue, root.id);
    await fleet.jobs.cancel(root.queue, root.id);
    expect(await eventually(() => aborted[0])).toMatchObject({ kind: "cancelled" });
    expect((await fleet.jobs.read(root.queue, root.id)).state).toBe("cancelled");
    expect(attempts).toBe(1);
    await fleet.jobs.retry(root.queue, root.id);
    expect((await fleet.settled(root, "completed")).result).toEqual(refreshResult);
    await expect(fleet.jobs.cancel(root.queue, root.id)).rejects.toMatchObject({ type: "job-ended" });
    await expect(fleet.jobs.retry(root.queue, root.id)).rejects.toMatchObject({ type: "job-not-retryable" });
  });

  test("an unknown job is not found", async () => {
    const id = `${newIntentId()}.refresh`;
    await expect(fleet.jobs.cancel("refresh", id)).rejects.toMatchObject({ type: "job-missing" });
    await expect(fleet.jobs.read("refresh", "../../etc")).rejects.toMatchObject({ type: "job-missing" });
  });
});

describe("the fleet", () => {
  test("refuses what does not fit into a queue, and says when to come back", async () => {
    for (let count = 0; count < 20; count++) await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await expect(fleet.jobs.startFlow({ steps: refreshJob(), actor })).rejects.toMatchObject({
      kind: "busy",
      type: "queue-full",
      retryAfterSeconds: expect.any(Number),
    });
  });

  test("tells depth, wait and workers of each pool", async () => {
    await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const waiting = await eventually(async () => {
      const pool = (await fleet.jobs.pools()).find(({ pool }) => pool === "refresh");
      return pool && pool.oldestWaitMs > 50 ? pool : undefined;
    });
    expect(waiting).toMatchObject({ waiting: 2, active: 0, paused: false, workers: [] });
    const hold = async (_payload: unknown, { signal }: JobContext) => untilAborted(signal);
    const worker = await fleet.work(refreshQueue, hold);
    const busy = await eventually(async () => {
      const pool = (await fleet.jobs.pools()).find(({ pool }) => pool === "refresh");
      return pool?.active === 1 && pool.workers[0]?.activeJobs.length === 1 ? pool : undefined;
    });
    expect(busy).toMatchObject({ waiting: 1, workers: [{ pid: process.pid, draining: false }] });
    await worker.drain();
    const after = (await fleet.jobs.pools()).find(({ pool }) => pool === "refresh");
    expect(after).toMatchObject({ waiting: 2, active: 0, workers: [] });
  });

  test("keeps a paused pool paused when Redis loses everything", async () => {
    await fleet.jobs.changePool("refresh", { paused: true });
    await fleet.redis.command("FLUSHALL");
    const reconciler = fleet.jobs.startReconciler({ everyMs: 100 });
    await eventually(async () =>
      (await fleet.jobs.pools()).find(({ pool }) => pool === "refresh")?.paused ? true : undefined,
    );
    await reconciler.stop();
    let ran = false;
    await fleet.work(refreshQueue, async () => {
      ran = true;
      return refreshResult;
    });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    expect(ran).toBe(false);
    await fleet.jobs.changePool("refresh", { paused: false });
    await fleet.settled(root, "completed");
    await expect(fleet.jobs.changePool("refresh", { min: 9 })).rejects.toMatchObject({ type: "pool-bounds" });
  });

  test("lists the newest jobs first, by queue and by state", async () => {
    const refresh = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const flow = await fleet.jobs.startFlow({ steps: ingestFlow(), actor });
    await fleet.jobs.cancel(refresh.queue, refresh.id);
    const ids = async (filter: Parameters<typeof fleet.jobs.list>[0]) =>
      (await fleet.jobs.list(filter)).map((job) => job.id);
    expect(await ids({ limit: 10 })).toEqual([flow.id, refresh.id]);
    expect(await ids({ limit: 1 })).toEqual([flow.id]);
    expect(await ids({ state: "cancelled", limit: 10 })).toEqual([refresh.id]);
    expect((await ids({ queue: "index", limit: 10 })).length).toBe(3);
  });

  test("streams a job's states until it has ended", async () => {
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const states: string[] = [];
    const watching = (async () => {
      for await (const view of fleet.jobs.watch(root.queue, root.id, AbortSignal.timeout(20_000))) {
        states.push(view.state);
      }
    })();
    await eventually(() => states[0]);
    await fleet.work(refreshQueue, async () => refreshResult);
    await watching;
    expect(states[0]).toBe("waiting");
    expect(states.at(-1)).toBe("completed");
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { embedQueue } from "@lakefleet/queues/embed.queue.ts";
import { indexQueue } from "@lakefleet/queues/index.queue.ts";
import { ingestQueue } from "@lakefleet/queues/ingest.queue.ts";
import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DomainError } from "../../lib/errors/domain-error.ts";
import { IntentRecord } from "../../lib/jobs/intent-record.ts";
import { readAppendLog } from "../../lib/storage/append-log.ts";
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
const children: ChildProcess[] = [];
beforeEach(async () => {
  fleet = await startJobFleet();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await fleet.close();
});

const actor = "test";

/** The root of a new request, or undefined while Redis is still away. */
async function startUnlessDown() {
  try {
    return await fleet.jobs.startFlow({ steps: refreshJob(), actor });
  } catch (error) {
    if (error instanceof DomainError && error.type === "redis-down") return undefined;
    throw error;
  }
}

/** A worker process of its own; with `hangs` it never finishes a job. Gives it once it takes jobs. */
async function startWorkerProcess(options: { hangs: boolean; failpoints?: string }): Promise<ChildProcess> {
  const script = path.join(import.meta.dirname, "../support/job-worker-process.ts");
  const { socketPath } = fleet.redis;
  const hangs = options.hangs ? "1" : "0";
  const args = [script, socketPath, fleet.intentsFolder, startsFile(), hangs, options.failpoints ?? ""];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

function startsFile(): string {
  return path.join(path.dirname(fleet.intentsFolder), "starts");
}

/** One entry for each attempt that a worker process began. */
async function starts(): Promise<string[]> {
  const text = await readFile(startsFile(), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").filter(Boolean);
}

async function startedTimes(count: number): Promise<void> {
  await eventually(async () => ((await starts()).length >= count ? true : undefined), 20_000);
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function endsByIntent(): Promise<Map<string, string[]>> {
  const ends = new Map<string, string[]>();
  for await (const record of readAppendLog({ folder: fleet.intentsFolder, schema: IntentRecord })) {
    if (record.kind !== "ended") continue;
    ends.set(record.intent, [...(ends.get(record.intent) ?? []), record.state]);
  }
  return ends;
}

describe("a worker that is killed", () => {
  test("has its job taken over", async () => {
    const victim = await startWorkerProcess({ hangs: true });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await startedTimes(1);
    await kill(victim);
    await fleet.work(refreshQueue, async () => refreshResult);
    expect((await fleet.settled(root, "completed")).result).toEqual(refreshResult);
  });

  test("again and again has its job quarantined, and a retry sets it free", async () => {
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    for (let death = 1; death <= 3; death++) {
      const victim = await startWorkerProcess({ hangs: true });
      await startedTimes(death);
      await kill(victim);
    }
    let runs = 0;
    await fleet.work(refreshQueue, async () => {
      runs++;
      return refreshResult;
    });
    const view = await fleet.settled(root, "quarantined");
    expect(view.error).toMatchObject({ type: "job-quarantined", remedy: expect.any(String) });
    expect(runs).toBe(0);
    await fleet.jobs.retry(root.queue, root.id);
    await fleet.settled(root, "completed");
    expect(runs).toBe(1);
  });

  test.each(["jobs.before-terminal", "jobs.after-terminal"])(
    "at %s leaves one end behind",
    async (failpoint) => {
      const victim = await startWorkerProcess({ hangs: false, failpoints: failpoint });
      const exited = once(victim, "exit");
      const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
      await exited;
      await fleet.work(refreshQueue, async () => refreshResult);
      await fleet.settled(root, "completed");
      await eventually(async () =>
        (await fleet.jobs.pools()).every((pool) => pool.active + pool.waiting === 0) ? true : undefined,
      );
      expect([...(await endsByIntent()).values()]).toEqual([["completed"]]);
    },
  );
});

describe("a worker that drains", () => {
  test("sends its job back without the loss of an attempt", async () => {
    const worker = await startWorkerProcess({ hangs: true });
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await startedTimes(1);
    const exited = once(worker, "exit");
    worker.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    expect(await fleet.jobs.read(root.queue, root.id)).toMatchObject({ state: "waiting", attempts: 0 });
    await fleet.work(refreshQueue, async () => refreshResult);
    expect((await fleet.settled(root, "completed")).attempts).toBe(1);
  });

  test("lets a job finish that is nearly done", async () => {
    let release: (() => void) | undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = await fleet.work(
      refreshQueue,
      async () => {
        await released;
        return refreshResult;
      },
      { drainTimeoutMs: 10_000 },
    );
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await fleet.settled(root, "active");
    const drained = worker.drain();
    release?.();
    await drained;
    expect((await fleet.jobs.read(root.queue, root.id)).state).toBe("completed");
  });
});

describe("Redis", () => {
  test("may lose everything in mid-run: all that was accepted completes, each once", async () => {
    const effects = new Map<string, number>();
    const work = async (intent: string, step: string) => {
      await pause(5);
      effects.set(`${intent} ${step}`, (effects.get(`${intent} ${step}`) ?? 0) + 1);
    };
    const settings = { concurrency: 4 };
    await fleet.work(ingestQueue, (p) => work(p.intent, "ingest").then(() => ingestResult), settings);
    await fleet.work(embedQueue, (p) => work(p.intent, "embed").then(() => embedResult), settings);
    await fleet.work(indexQueue, (p) => work(p.intent, p.step).then(() => indexResult), settings);
    const roots = await Promise.all(
      Array.from({ length: 40 }, () => fleet.jobs.startFlow({ steps: ingestFlow(), actor })),
    );
    await eventually(() => (effects.size > 60 ? true : undefined));
    await fleet.redis.command("FLUSHALL");
    for (const root of roots) {
      await eventually(async () => {
        await fleet.jobs.reconcileOnce({ graceMs: 0 });
        const view = await fleet.jobs.read(root.queue, root.id);
        return view.state === "completed" ? view : undefined;
      }, 30_000);
    }
    const ends = await endsByIntent();
    expect(ends.size).toBe(roots.length);
    // Two deliveries of one root may both write its end; the log means the same for it.
    expect([...ends.values()].map((states) => [...new Set(states)])).toEqual(roots.map(() => ["completed"]));
    expect((await fleet.jobs.list({ limit: 100 })).length).toBe(roots.length);
    expect((await fleet.jobs.reconcileOnce({ graceMs: 0 })).added).toBe(0);
  });

  test("that is down is told within two seconds, and nothing is accepted", async () => {
    await fleet.redis.kill();
    const startedAt = performance.now();
    await expect(fleet.jobs.startFlow({ steps: refreshJob(), actor })).rejects.toMatchObject({
      kind: "unavailable",
      type: "redis-down",
      retryAfterSeconds: 2,
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await fleet.jobs.health()).toEqual({ redis: false, openIntents: 0 });
    await fleet.redis.start();
    await fleet.work(refreshQueue, async () => refreshResult);
    const root = await eventually(startUnlessDown);
    await fleet.settled(root, "completed");
  });

  test("that hangs is told within two seconds", async () => {
    process.kill(fleet.redis.pid(), "SIGSTOP");
    const startedAt = performance.now();
    await expect(fleet.jobs.startFlow({ steps: refreshJob(), actor })).rejects.toMatchObject({
      type: "redis-down",
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    process.kill(fleet.redis.pid(), "SIGCONT");
  });

  test("that restarts is found again by a worker in the middle of a job", async () => {
    let started = false;
    let release: (() => void) | undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await fleet.work(
      refreshQueue,
      async () => {
        started = true;
        await released;
        return refreshResult;
      },
      { takeover: { lockMs: 10_000, stalledCheckMs: 5_000 } },
    );
    const first = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    await eventually(() => started || undefined);
    await fleet.redis.kill();
    await fleet.redis.start();
    release?.();
    await fleet.settled(first, "completed");
    const second = await eventually(startUnlessDown);
    await fleet.settled(second, "completed");
  });

  test("that dies with a recorded request in hand gets its jobs from the reconciler", async () => {
    const steps = ingestFlow();
    const [first] = steps;
    const intent = String(first?.payload.intent);
    await fleet.jobs.intents.append({
      kind: "accepted",
      intent,
      at: new Date().toISOString(),
      actor,
      jobs: steps,
    });
    expect((await fleet.jobs.reconcileOnce({ graceMs: 60_000 })).added).toBe(0);
    expect((await fleet.jobs.reconcileOnce({ graceMs: 0 })).added).toBe(1);
    expect((await fleet.jobs.reconcileOnce({ graceMs: 0 })).added).toBe(0);
    await fleet.work(ingestQueue, async () => ingestResult);
    await fleet.work(embedQueue, async () => embedResult);
    await fleet.work(indexQueue, async () => indexResult);
    await fleet.settled(steps.at(-1)!, "completed");
  });

  test("does not forget how a job ended, for the log tells it", async () => {
    await fleet.work(refreshQueue, async () => refreshResult);
    const root = await fleet.jobs.startFlow({ steps: refreshJob(), actor });
    const before = await fleet.settled(root, "completed");
    await fleet.redis.command("FLUSHALL");
    const after = await fleet.jobs.read(root.queue, root.id);
    expect(after).toMatchObject({ state: "completed", result: before.result });
    expect((await fleet.jobs.reconcileOnce({ graceMs: 0 })).added).toBe(0);
  });
});

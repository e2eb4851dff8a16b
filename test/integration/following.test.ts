import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { rollbackGeneration } from "@lakefleet/lib/generation/rollback-generation.ts";
import { createFollowing, type FollowingOptions } from "@lakefleet/lib/ingest/follow-datasets.ts";
import { intentIdAt } from "@lakefleet/lib/jobs/intent-id.ts";
import type { Intent } from "@lakefleet/lib/jobs/intent-state.ts";
import type { FlowRequest } from "@lakefleet/lib/jobs/start-flow.ts";
import { findBehind } from "@lakefleet/lib/refresh/find-behind.ts";
import { listStale } from "@lakefleet/lib/refresh/list-stale.ts";
import { type RefreshPolicy, refreshPolicyLog } from "@lakefleet/lib/refresh/refresh-policy.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { handleRefresh } from "../../workers/refresh/handle-refresh.ts";
import { type IndexedLake, madeUpRows, openIndexedLake } from "../support/indexed-lake.ts";

let lake: IndexedLake;
let accepted: Map<string, Intent>;
let clock: { now: number; elapsed: number };

beforeEach(async () => {
  lake = await openIndexedLake();
  accepted = new Map();
  clock = { now: Date.now(), elapsed: 0 };
});
afterEach(() => lake.remove());

/** A process that follows; what it starts goes into the log that all of them share. */
function follower(): ReturnType<typeof createFollowing> {
  const all = () => [...accepted.values()];
  const intents: FollowingOptions["intents"] = {
    refresh: async () => undefined,
    read: (id) => accepted.get(id),
    open: () => all().filter(({ ended }) => ended === undefined),
    newest: (limit) => all().slice(-limit).reverse(),
  };
  return createFollowing({
    store: lake.store,
    intents,
    telemetry: silentTelemetry(),
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    startFlow: async ({ steps, actor }: FlowRequest) => {
      const jobs = [...steps];
      const intent = jobs[0]!.id.split(".", 1)[0]!;
      const at = new Date().toISOString();
      if (!accepted.has(intent))
        accepted.set(intent, {
          accepted: { kind: "accepted", intent, at, actor, jobs },
          round: 0,
          ended: undefined,
        });
      return { queue: jobs.at(-1)!.queue, id: jobs.at(-1)!.id };
    },
  });
}

const started = () =>
  [...accepted.values()].map(({ accepted: { actor, jobs } }) => [actor, jobs.at(-1)!.queue]);

function endAll(state: "completed" | "failed" | "cancelled"): void {
  for (const intent of accepted.values()) {
    const facts = { kind: "ended" as const, intent: intent.accepted.intent, round: 0, state };
    intent.ended ??= { ...facts, at: new Date().toISOString() };
  }
}

function pass(milliseconds: number): void {
  clock.now += milliseconds;
  clock.elapsed += milliseconds;
}

const setPolicy = (policy: RefreshPolicy) =>
  refreshPolicyLog(lake.store, "d").commit(() => ({ schemaVersion: 1, policy }));

test("an index that was never embedded is not stale; one that was is, until it is level again", async () => {
  await lake.write(madeUpRows(30));
  expect(await listStale(lake.store)).toEqual([]);
  expect((await findBehind(lake.store, "d")).behind).toMatchObject([{ cause: "unbuilt" }]);
  await lake.publish();
  expect(await listStale(lake.store)).toEqual([]);
  await lake.write(madeUpRows(2, "b"));
  await lake.write([{ name: "a1", body: null }], "delete");
  expect(await listStale(lake.store)).toMatchObject([
    { dataset: "d", index: "i", cause: "rows", datasetVersion: 3, servedVersion: 1, rowsBehind: 3 },
  ]);
  await lake.publish();
  expect(await findBehind(lake.store, "d")).toMatchObject({ current: ["i"], behind: [] });
});

test("an index whose dataset has lost every row answers nothing, and goes on when rows come", async () => {
  await lake.write(madeUpRows(3));
  await lake.publish();
  await lake.write([], "sync");
  const manifestOf = async (generation: string) => (await readManifest(lake.store, "i", generation)).manifest;
  expect(await manifestOf(await lake.publish())).toMatchObject({
    vectorCount: 0,
    accounting: { rows: 0, indexed: 0, balanced: true },
  });
  expect(await findBehind(lake.store, "d")).toMatchObject({ behind: [] });
  await lake.write(madeUpRows(2, "b"), "sync");
  expect(await manifestOf(await lake.publish())).toMatchObject({ vectorCount: 2 });
});

test("a write is followed once, when writes pause, by whichever process is there", async () => {
  await lake.write(madeUpRows(30));
  await lake.publish();
  const one = follower();
  await one.round();
  expect(started()).toEqual([]);
  await lake.write(madeUpRows(2, "b"));
  await one.round();
  pass(1_999);
  await one.round();
  expect(started()).toEqual([]);
  pass(1);
  const other = follower();
  await Promise.all([one.round(), other.round()]);
  pass(2_000);
  await Promise.all([one.round(), other.round(), follower().round()]);
  expect(started()).toEqual([["refresh", "index"]]);
  await lake.publish();
  endAll("completed");
  pass(100_000);
  await Promise.all([one.round(), follower().round()]);
  expect(accepted.size).toBe(1);
});

test("what a person took back stays so until the next write, or until somebody asks for a refresh", async () => {
  await lake.write(madeUpRows(30));
  const before = await lake.publish();
  await lake.write(madeUpRows(2, "b"));
  const after = await lake.publish();
  const person = { store: lake.store, index: "i", actor: "ada", reason: "worse answers" };
  await rollbackGeneration(person);
  const one = follower();
  const look = async () => {
    await one.round();
    pass(2_000);
    await one.round();
  };
  await look();
  await look();
  expect(started()).toEqual([]);
  expect(await listStale(lake.store)).toMatchObject([{ cause: "rows", takenBack: true, rowsBehind: 2 }]);

  const asked: string[] = [];
  const context = { signal: new AbortController().signal, log: (line: string) => void asked.push(line) };
  const refresh = (scheduled: boolean) =>
    handleRefresh(
      { intent: intentIdAt(clock.now, "asked"), dataset: "d", scheduled },
      { ...context, progress: () => undefined, jobId: "j", childResults: [] },
      { store: lake.store, startFlow: async ({ steps }) => ({ queue: "index", id: steps.at(-1)!.id }) },
    );
  expect(await refresh(true)).toMatchObject({ started: [] });
  expect(asked).toEqual(["i is behind: somebody went back from what was level, and that stands"]);
  expect(await refresh(false)).toMatchObject({ started: [{ index: "i" }] });

  await promoteGeneration({ ...person, generation: after, by: "person" });
  expect(await findBehind(lake.store, "d")).toMatchObject({ current: ["i"], behind: [] });
  await rollbackGeneration({ ...person, generation: before });
  await lake.write(madeUpRows(2, "c"));
  await look();
  expect(started()).toEqual([["refresh", "index"]]);
});

test("a refresh that failed is begun again an hour later; one that was called off is not", async () => {
  await lake.write(madeUpRows(30));
  const one = follower();
  const look = async () => {
    await one.round();
    pass(2_000);
    await one.round();
  };
  await look();
  endAll("failed");
  pass(120_000);
  await look();
  expect(accepted.size).toBe(1);
  pass(3_600_000);
  await look();
  expect(accepted.size).toBe(2);
  endAll("cancelled");
  pass(7_200_000);
  await look();
  expect(accepted.size).toBe(2);
  await lake.write(madeUpRows(1, "b"));
  await look();
  expect(accepted.size).toBe(3);
});

test("a schedule fires once a tick, over restarts and whatever its clock does, and catches up once", async () => {
  await lake.write(madeUpRows(30));
  await setPolicy({ kind: "cron", cron: "0 * * * *", timezone: "UTC" });
  const hour = 3_600_000;
  const base = Math.ceil(clock.now / hour) * hour;
  const at = async (now: number) => {
    clock.now = now;
    await Promise.all([follower().round(), follower().round()]);
  };
  await at(base - 1);
  expect(accepted.size).toBe(0);
  await at(base);
  await at(base + 1);
  expect(started()).toEqual([["schedule", "refresh"]]);
  await at(base + 5 * hour + 10);
  expect(accepted.size).toBe(2);
  await at(base + 100 * hour);
  await at(base + 6 * hour + 1);
  await at(base + 6 * hour + 2);
  expect(accepted.size).toBe(3);
  await at(base + 7 * hour);
  expect(accepted.size).toBe(4);
});

test("nothing follows by hand", async () => {
  await lake.write(madeUpRows(30));
  await setPolicy({ kind: "manual" });
  pass(10_000);
  await follower().round();
  expect(accepted.size).toBe(0);
});

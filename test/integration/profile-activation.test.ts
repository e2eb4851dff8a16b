import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openModelServer } from "../../lib/profile/model-server.ts";
import { openGpuSlots } from "../../lib/profile/open-gpu-slots.ts";
import { openProfileAudit, type ProfileAudit } from "../../lib/profile/profile-audit.ts";
import { realizeActivation } from "../../lib/profile/realize-activation.ts";
import { requestActivation } from "../../lib/profile/request-activation.ts";
import { useGpuModel } from "../../lib/profile/use-gpu-model.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { handleActivation } from "../../workers/refresh/handle-activation.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type JobFleet, startJobFleet } from "../support/job-fleet.ts";
import { openProfileApp, type ProfileApp } from "../support/profile-app.ts";
import {
  cardBytes,
  cardModels,
  cardSettings,
  openCardWorld,
  runProfileRounds,
} from "../support/profile-rounds.ts";
import { fewestRoundSwaps } from "../support/round-optimum.ts";

const telemetry = silentTelemetry();
let fleet: JobFleet;
let redis: Redis;
let server: FakeModelServer;

beforeAll(async () => {
  fleet = await startJobFleet();
  redis = new Redis({ path: fleet.redis.socketPath });
});
beforeEach(async () => {
  server = await startFakeModelServer({ models: cardModels, vramBytes: cardBytes });
});
afterEach(async () => {
  await server.close();
  await redis.del("lakefleet:gpu");
});
afterAll(async () => {
  redis.disconnect();
  await fleet.close();
});

const loadedNow = () => server.loaded.list().map(({ model }) => model.name);
const largeTogether = () =>
  Math.max(...server.loaded.history.map((names) => names.filter((name) => name.startsWith("big-")).length));

const isLarge = (name: string) => name.startsWith("big-");
const largeLoads = () =>
  server.loaded.history.filter((names, place, all) =>
    names.some((name) => isLarge(name) && all[place - 1]?.includes(name) !== true),
  ).length;

test("two large models are never in memory at once, the shared one never leaves, and swaps stay near the optimum", async () => {
  const report = await runProfileRounds({ redis, server, rounds: 10, seed: 1 });
  expect(report.embedJobs).toBeGreaterThan(5);
  expect(report.swaps).toBeLessThanOrEqual(report.fewestSwaps * 1.1);
  // What the server did is what the table says, and no load is missing from the count.
  expect(largeLoads()).toBe(report.swaps);
  expect(report.swaps).toBeGreaterThanOrEqual(report.fewestSwaps);
  expect(largeTogether()).toBe(1);
  expect(server.loaded.crowdedOut).toEqual([]);
  const since = server.loaded.history.slice(
    server.loaded.history.findIndex((names) => names.includes("small")),
  );
  expect(since.length).toBeGreaterThan(5);
  expect(since.every((names) => names.includes("small"))).toBe(true);
});

test("the optimum of rounds is that of trying every order", () => {
  const rounds = (...models: string[]) => models.map((wanted) => new Set(wanted));
  expect(fewestRoundSwaps(rounds("a", "b", "a"))).toBe(3);
  expect(fewestRoundSwaps(rounds("a", "ab", "b"))).toBe(2);
  expect(fewestRoundSwaps(rounds("ab", "a", "ab", "ab"))).toBe(4);
  expect(fewestRoundSwaps(rounds("", "a"))).toBe(1);
});

describe("an activation", () => {
  /** On a card with so much room that as many large models fit on it as it has places. */
  async function openActivations(slotCount = 1) {
    await server.close();
    server = await startFakeModelServer({ models: cardModels, vramBytes: slotCount * cardBytes });
    const { store, models, slots } = await openCardWorld({ redis, server, slotCount });
    const request = (id: string) => requestActivation({ id, actor: "test" }, { store, models });
    const realize = (activation: number) => {
      const { signal } = new AbortController();
      return realizeActivation({ store, models, slots, activation, job: `job${activation}`, signal });
    };
    const activate = async (id: string) => realize((await request(id)).activation);
    return { request, realize, activate, slots };
  }

  test("that another one has followed loads nothing and leaves the line", async () => {
    const { request, realize, slots } = await openActivations();
    const held = await slots.take({ job: "held", model: "big-z" });
    const { activation: first } = await request("a");
    await expect(realize(first)).rejects.toMatchObject({ type: "gpu-slot-taken" });
    const { activation: second } = await request("b");
    expect(await realize(first)).toEqual({ profile: "b", superseded: true, loaded: [], unloaded: [] });
    expect((await slots.table()).waiting).toEqual([]);
    await held.release();
    expect(await realize(second)).toMatchObject({ superseded: false, loaded: ["big-b"] });
    expect(await realize(second)).toMatchObject({ superseded: false, loaded: [], unloaded: [] });
  });

  test("unloads the model of the one before also where both have a place", async () => {
    const { activate, slots } = await openActivations(2);
    await activate("a");
    expect(await activate("b")).toMatchObject({ loaded: ["big-b"], unloaded: ["big-a"] });
    expect((await slots.table()).slots.map(({ model }) => model).toSorted()).toEqual(["big-b", null]);
  });

  test("leaves a model that a job works with, and its place to that job", async () => {
    const { activate, slots } = await openActivations(2);
    await activate("a");
    const working = await slots.take({ job: "embed", model: "big-a" });
    expect(await activate("b")).toMatchObject({ loaded: ["big-b"], unloaded: [] });
    expect(loadedNow()).toContain("big-a");
    await working.assertHeld();
    await working.release();
  });

  test("finds what is in memory after Redis has forgotten it", async () => {
    const { activate } = await openActivations();
    await activate("a");
    await redis.del("lakefleet:gpu");
    expect(await activate("b")).toMatchObject({ loaded: ["big-b"], unloaded: ["big-a"] });
    expect(server.loaded.crowdedOut).toEqual([]);
    expect(largeTogether()).toBe(1);
  });

  test("brings back its model after a job whose own failed to load, with one large model at a time", async () => {
    const { activate, slots } = await openActivations();
    await activate("a");
    server.faults.script("error");
    const { signal } = new AbortController();
    const model = { name: "big-b", shared: false };
    const job = {
      slots,
      server: openModelServer({ name: "gpu", url: server.url }),
      model,
      job: "embed",
      signal,
    };
    const failed = useGpuModel(job, ({ hold }) => hold());
    await expect(failed).rejects.toMatchObject({ type: "model-server-down" });
    expect(await activate("a")).toMatchObject({ loaded: ["big-a"], unloaded: ["big-b"] });
    expect(loadedNow().toSorted()).toEqual(["big-a", "small"]);
    expect([server.loaded.crowdedOut, largeTogether()]).toEqual([[], 1]);
  });
});

/** A fleet whose activations are carried out by a worker of the queue, with both profiles. */
async function openFleetApp(): Promise<{ world: ProfileApp; audit: ProfileAudit }> {
  const models = cardSettings(server.url);
  const world = await openProfileApp({ models, dependencies: { jobs: fleet.jobs } });
  const audit = openProfileAudit(world.store);
  const slots = openGpuSlots({ redis, slotCount: 1, telemetry });
  await fleet.work(refreshQueue, async (payload, context) => {
    if ("dataset" in payload) throw new Error("no activation");
    return handleActivation(payload, context, { store: world.store, models, slots, audit, telemetry });
  });
  for (const id of ["a", "b"]) {
    const body = { id, generator: id, embedder: "gpu:small@1" };
    expect((await world.ask("/models", { body })).status).toBe(200);
  }
  return { world, audit };
}

test("an activation over HTTP loads what it needs by a job, and at once where it is there already", async () => {
  const { world, audit } = await openFleetApp();
  const activate = async (id: string) => world.ask(`/vectors/profile/${id}/activate`, { body: {} });
  const first = await activate("a");
  expect(first).toMatchObject({ status: 202, answer: { profile: "a", job: { queue: "refresh" } } });
  const done = await fleet.settled(first.answer.job, "completed", "failed");
  expect(done.result).toEqual({ profile: "a", superseded: false, loaded: ["small", "big-a"], unloaded: [] });
  expect(loadedNow().sort()).toEqual(["big-a", "small"]);
  expect(await activate("a")).toMatchObject({ status: 200 });

  const second = await activate("b");
  await fleet.settled(second.answer.job, "completed");
  expect(loadedNow().sort()).toEqual(["big-b", "small"]);
  expect((await world.ask("/vectors/profile/active")).answer).toMatchObject({
    profile: "b",
    models: [
      { model: "small", shared: true },
      { model: "big-b", place: true },
    ],
  });

  expect(await world.ask("/vectors/profile/b/deactivate", { body: {} })).toMatchObject({ status: 200 });
  expect(loadedNow()).toEqual(["small"]);
  expect((await openGpuSlots({ redis, slotCount: 1, telemetry }).table()).slots).toEqual([
    { model: null, holders: [] },
  ]);
  const events = (await world.ask("/models/b/audit")).answer.records.map(
    ({ event }: { event: string }) => event,
  );
  expect(events).toEqual(["deactivated", "loaded", "activated", "created"]);
  await audit.close();
  await world.close();
});

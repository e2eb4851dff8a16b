import { refreshQueue } from "@lakefleet/queues/refresh.queue.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openGpuSlots } from "../../lib/profile/open-gpu-slots.ts";
import { openProfileAudit, type ProfileAudit } from "../../lib/profile/profile-audit.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { handleActivation } from "../../workers/refresh/handle-activation.ts";
import { type FakeModelServer, startFakeModelServer } from "../support/fake-model-server.ts";
import { type JobFleet, startJobFleet } from "../support/job-fleet.ts";
import { openProfileApp, type ProfileApp } from "../support/profile-app.ts";
import { cardBytes, cardModels, cardSettings, runProfileRounds } from "../support/profile-rounds.ts";
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

import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorkerConnection } from "../../lib/jobs/connection.ts";
import { intentIdAt } from "../../lib/jobs/intent-id.ts";
import { runSchedules } from "../../lib/jobs/run-schedules.ts";
import { readLastTick } from "../../lib/jobs/schedule-log.ts";
import { openSchedules, type Schedules } from "../../lib/jobs/schedules.ts";
import { createMemoryStore } from "../../lib/storage/memory-store.ts";
import type { ObjectStore } from "../../lib/storage/object-store.ts";
import { silentTelemetry } from "../../lib/telemetry/telemetry.ts";
import { eventually, type JobFleet, startJobFleet } from "../support/job-fleet.ts";

const telemetry = silentTelemetry();
const everySecond = {
  name: "often",
  cron: "* * * * * *",
  timezone: "UTC",
  work: { kind: "refresh", dataset: "d" },
};

let fleet: JobFleet;
let store: ObjectStore;
let schedules: Schedules;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  fleet = await startJobFleet();
  store = createMemoryStore("schedules");
  schedules = openSchedules({ store, redis: fleet.jobs.queues.redis, telemetry });
  closing.push(() => schedules.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await fleet.close();
});

/** Notes the intents that are started, each as often as it is. */
function run(): string[] {
  const started: string[] = [];
  const connection = openWorkerConnection({ address: { socketPath: fleet.redis.socketPath }, telemetry });
  const runner = runSchedules({
    connection,
    store,
    intents: fleet.jobs.intents,
    telemetry,
    start: async (_schedule, intent) => void started.push(intent),
  });
  closing.push(async () => {
    await runner.close();
    connection.disconnect();
  });
  return started;
}

test("each tick starts one intent whose id tells the tick, with two runners as well", async () => {
  const [one, other] = [run(), run()];
  await schedules.set(everySecond);
  await schedules.mirror();
  await eventually(() => (one.length + other.length >= 2 ? true : undefined));
  const started = [...one, ...other].sort();
  expect(new Set(started).size).toBe(started.length);
  const last = await eventually(() => readLastTick(store, "often"));
  expect(last % 1_000).toBe(0);
  expect([...one, ...other]).toContain(intentIdAt(last, "schedule/often"));
});

test("a schedule that the engine forgot runs its last missed tick once and not those before", async () => {
  await schedules.set(everySecond);
  const since = Date.now();
  await eventually(() => (Date.now() - since > 3_100 ? true : undefined));
  await schedules.mirror();
  const waiting = await fleet.redis.command("LLEN", "lakefleet:schedule:wait");
  expect(waiting).toBe(1);
  await schedules.mirror();
  expect(await fleet.redis.command("LLEN", "lakefleet:schedule:wait")).toBe(1);
});

test("FLUSHALL loses no schedule", async () => {
  await schedules.set({ ...everySecond, cron: "0 3 * * *", timezone: "Europe/Berlin" });
  await schedules.mirror();
  await fleet.redis.command("FLUSHALL");
  await schedules.mirror();
  expect(await fleet.redis.command("ZCARD", "lakefleet:schedule:repeat")).toBe(1);
  await schedules.remove("often");
  await schedules.mirror();
  expect(await fleet.redis.command("ZCARD", "lakefleet:schedule:repeat")).toBe(0);
});

test("a tick that ran is not started again when the engine forgets and remembers", async () => {
  const started = run();
  await schedules.set(everySecond);
  await schedules.mirror();
  await eventually(() => (started.length >= 1 ? true : undefined));
  await fleet.redis.command("FLUSHALL");
  await schedules.mirror();
  const before = started.length;
  await eventually(() => (started.length >= before + 2 ? true : undefined));
  expect(new Set(started).size).toBe(started.length);
});

test.each([
  ["cron", { cron: "61 * * * *" }],
  ["cron", { cron: "nonsense" }],
  ["cron", { cron: "* * * *" }],
  ["timezone", { timezone: "Mars/Olympus" }],
])("a wrong %s is refused with its field: %j", async (field, change) => {
  await expect(schedules.set({ ...everySecond, ...change })).rejects.toMatchObject({
    kind: "invalid",
    field,
  });
  await expect(schedules.remove("often")).rejects.toMatchObject({ type: "schedule-missing" });
});

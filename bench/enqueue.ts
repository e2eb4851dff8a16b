// How fast requests are accepted, beside the queue engine's own `add`, in one run on one Redis:
//   node bench/enqueue.ts [seconds per round]
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import path from "node:path";
import { newIntentId } from "../lib/jobs/intent-id.ts";
import { type Jobs, openJobs } from "../lib/jobs/open-jobs.ts";
import { createMemoryStore } from "../lib/storage/memory-store.ts";
import { silentTelemetry } from "../lib/telemetry/telemetry.ts";
import { startRedisServer } from "../test/support/redis-server.ts";
import { ingestFlow, refreshJob } from "../test/support/toy-jobs.ts";

const inFlight = 50;
/** Many short rounds in turn, so that a busy moment of the machine falls on all three alike. */
const rounds = 9;
const roundMs = 1_000 * Number(process.argv[2] ?? 1);

const redis = await startRedisServer();
// On the disk of the repository: a temporary folder may be in memory, where a sync costs nothing.
const benchFolder = path.join(import.meta.dirname, "..", "data", "bench");
await mkdir(benchFolder, { recursive: true });
const folder = await mkdtemp(path.join(benchFolder, "enqueue-"));
const jobs = await openJobs({
  address: { socketPath: redis.socketPath },
  intentsFolder: path.join(folder, "intents"),
  store: createMemoryStore("bench"),
  locks: path.join(folder, "locks"),
  telemetry: silentTelemetry(),
  queueDepthMax: 10_000_000,
});
try {
  const bare = () => addBare(jobs);
  const single = () => jobs.startFlow({ steps: refreshJob(), actor: "bench" });
  const flow = () => jobs.startFlow({ steps: ingestFlow(), actor: "bench" });
  const rates: { bare: number[]; single: number[]; flow: number[] } = { bare: [], single: [], flow: [] };
  for (let round = 0; round < rounds; round++) {
    rates.bare.push(await rate(bare));
    rates.single.push(await rate(single));
    rates.flow.push(await rate(flow));
  }
  const syncMs = await syncedWriteMs(folder);
  const acceptMs = await medianMs(200, single);
  console.log(`bare add, ${inFlight} in flight:        ${perSecond(rates.bare)} /s`);
  console.log(
    `one job, ${inFlight} in flight:         ${perSecond(rates.single)} /s, ${ratio(rates.single, rates.bare)} of bare`,
  );
  console.log(
    `flow of five, ${inFlight} in flight:    ${perSecond(rates.flow)} /s, ${ratio(rates.flow, rates.bare)} of bare`,
  );
  console.log(
    `one synced write p50: ${syncMs.toFixed(2)} ms; one accepted request p50: ${acceptMs.toFixed(2)} ms`,
  );
} finally {
  await jobs.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

async function addBare({ queues }: Jobs): Promise<void> {
  const [step] = refreshJob(newIntentId());
  await queues.byName.refresh.add("refresh", { intent: step!.id, round: 0, payload: step!.payload });
}

/** Calls per second with a fixed number of calls in flight; every round begins with empty queues. */
async function rate(call: () => Promise<unknown>): Promise<number> {
  await redis.command("FLUSHALL");
  const startedAt = performance.now();
  let count = 0;
  const lane = async () => {
    while (performance.now() - startedAt < roundMs) {
      await call();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (1_000 * count) / (performance.now() - startedAt);
}

async function syncedWriteMs(target: string): Promise<number> {
  await using handle = await open(path.join(target, "bare"), "a");
  const line = Buffer.alloc(400, "x");
  return await medianMs(200, async () => {
    await handle.write(line);
    await handle.datasync();
  });
}

async function medianMs(count: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < count; done++) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function perSecond(values: readonly number[]): string {
  return median(values).toFixed(0).padStart(6);
}

function ratio(values: readonly number[], base: readonly number[]): string {
  return (median(values) / median(base)).toFixed(2);
}

import { parseArgs } from "node:util";
import { openProviderGuard } from "@lakefleet/lib/guard/open-provider-guard.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import { createRandom } from "../examples/create-random.ts";
import { mostWithin, startCountingProvider } from "../test/support/counting-provider.ts";
import { runGuardRace } from "../test/support/guard-race.ts";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import { sendToProvider } from "../test/support/send-to-provider.ts";
import { fewestSwaps, plannedSwaps } from "../test/support/swap-optimum.ts";

const { values } = parseArgs({
  options: { races: { type: "string", default: "50" }, seed: { type: "string", default: "1000" } },
});

console.log(`plan: ${JSON.stringify([1, 2, 3].map(measurePlan))}`);
const server = await startRedisServer();
console.log(`calls: ${JSON.stringify(await measureCalls(server))}`);
console.log(`storm: ${JSON.stringify(await measureStorm(server))}`);
await race(server, { count: Number(values.races), firstSeed: Number(values.seed) });
await server.stop();

/** Loads of the plan over those of the best order, for random jobs of a few models and bounds on overtaking. */
function measurePlan(slots: number) {
  const random = createRandom(100 + slots);
  const sum = { planned: 0, fewest: 0, firstCome: 0 };
  for (let run = 0; run < 150; run += 1) {
    const models = 2 + slots + (random() % 2);
    const jobs = Array.from({ length: 12 }, () => random() % models);
    const problem = { jobs, slots, overtakesMax: 1 + (random() % 8) };
    sum.planned += plannedSwaps(problem).swaps;
    sum.fewest += fewestSwaps(problem);
    sum.firstCome += fewestSwaps({ ...problem, overtakesMax: 0 });
  }
  return { slots, ...sum, ratio: Number((sum.planned / sum.fewest).toFixed(3)) };
}

/** What the guard costs a call that nothing holds up, against the same call without it. */
async function measureCalls({ socketPath }: RedisServer) {
  const redis = new Redis({ path: socketPath });
  const provider = await startCountingProvider();
  const guard = guardOf(redis, "fast");
  const request = { tokens: 1, costNanoUsd: 0 };
  const bare = await latencies(300, () =>
    sendToProvider(provider.url, request, new AbortController().signal),
  );
  const guarded = await latencies(300, () =>
    guard.call({ requests: 1, tokens: 1, costUsdMax: 0 }, (signal) =>
      sendToProvider(provider.url, request, signal),
    ),
  );
  await provider.close();
  redis.disconnect();
  return { bareP50Ms: quantile(bare, 0.5), guardedP50Ms: quantile(guarded, 0.5) };
}

/** One provider's p95 alone, and while calls storm another that answers nothing but 429. */
async function measureStorm({ socketPath }: RedisServer) {
  const redis = new Redis({ path: socketPath });
  const calm = await startCountingProvider(() => ({ status: 200, afterMs: 20 }));
  const throttled = await startCountingProvider(() => ({ status: 429, retryAfterSeconds: 1 }));
  const guard = guardOf(redis, "calm");
  const calls = () =>
    latencies(300, () =>
      guard.call({ requests: 1, tokens: 1, costUsdMax: 0 }, (signal) =>
        sendToProvider(calm.url, { tokens: 1, costNanoUsd: 0 }, signal),
      ),
    );
  await calls();
  const alone: number[] = [];
  const beside: number[] = [];
  // In turns, so that whatever else the machine does falls on both.
  for (let round = 0; round < 2; round += 1) {
    alone.push(...(await calls()));
    const storming = guardOf(redis, `stormy-${round}`);
    const ended = new AbortController();
    const storm = Array.from({ length: 100 }, () =>
      storming
        .call({ requests: 1, tokens: 1, costUsdMax: 0, signal: ended.signal }, (signal) =>
          sendToProvider(throttled.url, { tokens: 1, costNanoUsd: 0 }, signal),
        )
        .then(
          () => "answered",
          () => "refused",
        ),
    );
    beside.push(...(await calls()));
    ended.abort();
    await Promise.all(storm);
  }
  await Promise.all([calm.close(), throttled.close()]);
  redis.disconnect();
  const [aloneP95Ms, besideP95Ms] = [quantile(alone, 0.95), quantile(beside, 0.95)];
  return { aloneP95Ms, besideP95Ms, ratio: besideP95Ms / aloneP95Ms, refused: throttled.arrivals.length };
}

/** Eight processes with wrong clocks, a kill or two, 20 requests a second, and a cap of 10 USD; odd seeds flush Redis. */
async function race(redis: RedisServer, { count, firstSeed }: { count: number; firstSeed: number }) {
  let failed = 0;
  let most = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    await redis.command("FLUSHALL");
    const flushes = seed % 2 === 1 ? 2 : 0;
    const result = await runGuardRace({
      server: redis,
      seed,
      processes: 8,
      limits: { requestsPerMinute: 1_200, concurrency: 6, timeoutMs: 1_000 },
      capUsd: 10,
      callUsd: 0.5,
      kills: 1 + (seed % 3),
      flushes,
    });
    const sent = result.arrivals.map(({ sentAtMs }) => ({ atMs: sentAtMs }));
    const inSecond = mostWithin(sent, 1_000, () => 1);
    const arrived = mostWithin(result.arrivals, 1_000, () => 1);
    const overCap = result.billedNanoUsd > 10e9;
    // A flush takes the pace with it; only the money must hold then.
    const tooFast = flushes === 0 && inSecond > 21;
    const crashed = result.exits.some((code) => code !== 0);
    if (overCap || tooFast || crashed) failed += 1;
    if (flushes === 0) most = Math.max(most, inSecond);
    const billedUsd = (result.billedNanoUsd / 1e9).toFixed(4);
    console.log(
      `seed ${seed}: ${result.arrivals.length} requests, ${inSecond} sent and ${arrived} arrived in a second, ${billedUsd} USD billed, ${result.killed} killed, ${flushes} flushes${overCap || tooFast || crashed ? "  FAILED" : ""}`,
    );
  }
  console.log(`races: ${count}, failed ${failed}, most in a sliding second ${most} (without a flush)`);
}

function guardOf(redis: Redis, provider: string) {
  return openProviderGuard({
    redis,
    provider,
    limits: { concurrency: 8 },
    spendFolder: "/nowhere",
    telemetry: silentTelemetry(),
  });
}

async function latencies(count: number, task: () => Promise<unknown>): Promise<number[]> {
  const measured: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const startedAt = performance.now();
    await task();
    measured.push(performance.now() - startedAt);
  }
  return measured;
}

function quantile(measured: readonly number[], share: number): number {
  const sorted = [...measured].sort((left, right) => left - right);
  return Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3));
}

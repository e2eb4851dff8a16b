import { openProviderGuard } from "@lakefleet/lib/guard/open-provider-guard.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../../examples/create-random.ts";
import { mostWithin } from "../support/counting-provider.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { createSimulatedClock } from "../support/simulated-clock.ts";

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis({ path: server.socketPath });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const minuteMs = 60_000;
const limits = { requestsPerMinute: 3, tokensPerMinute: 10_000 };

/** When the last of the calls could begin at the earliest, if each took no time and nothing else held it up. */
function earliestLastStart(tokens: readonly number[]): number {
  const begun: { atMs: number; tokens: number }[] = [];
  let atMs = 0;
  for (const wanted of tokens) {
    for (;;) {
      const recent = begun.filter((call) => call.atMs > atMs - minuteMs);
      const sum = recent.reduce((total, call) => total + call.tokens, 0);
      if (recent.length < limits.requestsPerMinute && sum + wanted <= limits.tokensPerMinute) break;
      atMs = (recent[0]?.atMs ?? 0) + minuteMs;
    }
    begun.push({ atMs, tokens: wanted });
  }
  return atMs;
}

test.each([1_000, 5_000])(
  "47 chunks of up to %i tokens at 3 requests and 10,000 tokens a minute take no more than a tenth longer than they must",
  async (tokensMax) => {
    await redis.flushall();
    const random = createRandom(tokensMax);
    const sizes = Array.from({ length: 47 }, () => Math.ceil(tokensMax / 2) + (random() % (tokensMax / 2)));
    const clock = createSimulatedClock(redis);
    const guard = openProviderGuard({
      redis,
      provider: "acme",
      limits: { ...limits, concurrency: 4 },
      spendFolder: "/nowhere",
      clock,
      telemetry: silentTelemetry(),
    });
    const arrivals: { atMs: number; tokens: number }[] = [];
    const calls = sizes.map((tokens) =>
      guard.call({ requests: 1, tokens, costUsdMax: 0 }, async () => {
        await clock.sleep(200, undefined);
        arrivals.push({ atMs: clock.elapsedMs(), tokens });
        await clock.sleep(300, undefined);
        return { value: undefined, tokens };
      }),
    );
    await clock.runUntilDone(Promise.all(calls));
    expect(arrivals.map(({ tokens }) => tokens)).toEqual(sizes);
    expect(mostWithin(arrivals, minuteMs, () => 1)).toBeLessThanOrEqual(limits.requestsPerMinute);
    expect(mostWithin(arrivals, minuteMs, ({ tokens }) => tokens)).toBeLessThanOrEqual(
      limits.tokensPerMinute,
    );
    expect((arrivals.at(-1)?.atMs ?? 0) / earliestLastStart(sizes)).toBeLessThanOrEqual(1.1);
  },
);

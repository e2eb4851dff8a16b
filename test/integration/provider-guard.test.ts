import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { openProviderGuard, type ProviderGuard } from "@lakefleet/lib/guard/open-provider-guard.ts";
import type { ProviderLimits } from "@lakefleet/lib/guard/provider-limits.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  type CountingProvider,
  mostWithin,
  startCountingProvider,
} from "../support/counting-provider.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { sendToProvider } from "../support/send-to-provider.ts";

/** Nothing here costs anything, so nothing is written. */
const spendFolder = "/nowhere";
let server: RedisServer;
let redis: Redis;
let provider: CountingProvider | undefined;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis({
    path: server.socketPath,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    lazyConnect: true,
  });
  await redis.connect();
});
afterEach(async () => {
  await provider?.close();
  provider = undefined;
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function answering(answer?: Parameters<typeof startCountingProvider>[0]): Promise<CountingProvider> {
  provider = await startCountingProvider(answer);
  return provider;
}

/** A process' guard; several of them stand for several processes. */
function guardOf(limits: ProviderLimits, name = "acme"): ProviderGuard {
  return openProviderGuard({ redis, provider: name, limits, spendFolder, telemetry: silentTelemetry() });
}

function callOnce(
  guard: ProviderGuard,
  { url }: CountingProvider,
  call: { tokens?: number; patienceMs?: number; signal?: AbortSignal } = {},
): Promise<number> {
  const { tokens = 1, ...rest } = call;
  return guard.call({ requests: 1, tokens, costUsdMax: 0, ...rest }, (signal) =>
    sendToProvider(url, { tokens, costNanoUsd: 0 }, signal),
  );
}

async function problemOf(promise: Promise<unknown>): Promise<DomainError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error(`no DomainError, but ${String(error)}`);
  return error;
}

describe("limits", () => {
  test("no sliding second has more than one request above the limit, and all limits are used", async () => {
    const acme = await answering();
    const guards = [1, 2, 3].map(() => guardOf({ requestsPerMinute: 3_000 }));
    const startedAt = performance.now();
    await Promise.all(guards.flatMap((guard) => Array.from({ length: 25 }, () => callOnce(guard, acme))));
    expect(acme.arrivals).toHaveLength(75);
    expect(mostWithin(acme.arrivals, 1_000, () => 1)).toBeLessThanOrEqual(51);
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
  });

  test("calls under way are counted over all processes, and one that never ends frees its place with its lease", async () => {
    const acme = await answering(() => ({ status: 200, afterMs: 40 }));
    const guards = [1, 2, 3].map(() => guardOf({ concurrency: 2 }));
    let running = 0;
    let most = 0;
    const counted = (guard: ProviderGuard) =>
      guard.call({ requests: 1, tokens: 1, costUsdMax: 0 }, async (signal) => {
        running += 1;
        most = Math.max(most, running);
        const result = await sendToProvider(acme.url, { tokens: 1, costNanoUsd: 0 }, signal);
        running -= 1;
        return result;
      });
    await Promise.all(guards.flatMap((guard) => [1, 2, 3, 4].map(() => counted(guard))));
    expect(most).toBe(2);
    const expired = Date.now() - 1;
    await redis.zadd("lakefleet:guard:acme:leases", expired, "dead", expired, "gone");
    await callOnce(guardOf({ concurrency: 2 }), acme);
  });

  test("a call with more tokens than a minute may have is refused at once", async () => {
    const acme = await answering();
    const problem = await problemOf(callOnce(guardOf({ tokensPerMinute: 100 }), acme, { tokens: 101 }));
    expect(problem).toMatchObject({ kind: "invalid", type: "provider-limit" });
    expect(acme.arrivals).toEqual([]);
  });
});

describe("a provider that answers 429", () => {
  test("is left alone by every process for as long as it says, and then answers all", async () => {
    const acme = await answering((_, position) =>
      position === 1 ? { status: 429, retryAfterSeconds: 1 } : { status: 200 },
    );
    const guards = [1, 2, 3].map(() => guardOf({}));
    const first = callOnce(guards[0]!, acme);
    await expect.poll(() => redis.hget("lakefleet:guard:acme:state", "cooldown_until")).not.toBeNull();
    await Promise.all([first, ...guards.map((guard) => callOnce(guard, acme))]);
    const [refused = 0, ...later] = acme.arrivals.map(({ atMs }) => atMs);
    expect(later).toHaveLength(4);
    for (const atMs of later) expect(atMs - refused).toBeGreaterThanOrEqual(1_000);
  });

  test("does not hold up another provider", async () => {
    const acme = await answering(() => ({ status: 429, retryAfterSeconds: 30 }));
    const throttled = problemOf(callOnce(guardOf({}), acme, { patienceMs: 100 }));
    expect(await throttled).toMatchObject({
      kind: "busy",
      type: "provider-throttled",
      retryAfterSeconds: 30,
    });
    const other = await startCountingProvider();
    await callOnce(guardOf({}, "other"), other);
    await other.close();
  });
});

describe("a provider that fails", () => {
  test("is tried again as often as allowed, and the last error is thrown", async () => {
    const acme = await answering(() => ({ status: 503 }));
    const problem = await problemOf(callOnce(guardOf({ attempts: 3 }), acme));
    expect(problem).toMatchObject({ kind: "unavailable", type: "provider-failed" });
    expect(acme.arrivals).toHaveLength(3);
  });

  test("is not tried again where it refuses the request itself", async () => {
    const acme = await answering(() => ({ status: 400 }));
    const problem = await problemOf(callOnce(guardOf({}), acme));
    expect(problem.type).toBe("provider-refused");
    expect(acme.arrivals).toHaveLength(1);
  });

  test("opens the breaker for all, one probe of all processes asks again, and its success closes it", async () => {
    let broken = true;
    const answer = (): Answer => (broken ? { status: 500 } : { status: 200, afterMs: 200 });
    const acme = await answering(answer);
    const guards = Array.from({ length: 8 }, () => guardOf({ attempts: 1 }));
    for (let failure = 0; failure < 5; failure += 1) await problemOf(callOnce(guards[failure]!, acme));
    const refused = await problemOf(callOnce(guards[7]!, acme, { patienceMs: 0 }));
    expect(refused).toMatchObject({ kind: "unavailable", type: "provider-circuit-open" });
    expect(acme.arrivals).toHaveLength(5);
    broken = false;
    const calls = guards.map((guard) => callOnce(guard, acme));
    await expect.poll(() => acme.arrivals.length, { timeout: 10_000, interval: 10 }).toBeGreaterThan(5);
    expect(acme.arrivals).toHaveLength(6);
    await Promise.all(calls);
    const [probe, ...others] = acme.arrivals.slice(5).map(({ atMs }) => atMs);
    expect(others).toHaveLength(7);
    for (const atMs of others) expect(atMs - (probe ?? 0)).toBeGreaterThanOrEqual(200);
  });

  test("a hanging call ends with its timeout and gives its place back", async () => {
    const acme = await answering(() => ({ status: 200, afterMs: 60_000 }));
    const guard = guardOf({ timeoutMs: 100, attempts: 1, concurrency: 1 });
    const problem = await problemOf(callOnce(guard, acme));
    expect(problem).toMatchObject({ kind: "unavailable", type: "provider-failed" });
    expect(await redis.zcard("lakefleet:guard:acme:leases")).toBe(0);
  });
});

describe("a caller that gives up", () => {
  test("leaves the line at once, wherever it stands in it", async () => {
    const acme = await answering();
    const guard = guardOf({ requestsPerMinute: 1 });
    await callOnce(guard, acme);
    const controller = new AbortController();
    const waiting = [1, 2, 3].map(() => problemOf(callOnce(guard, acme, { signal: controller.signal })));
    controller.abort(new Error("the job was cancelled"));
    for (const problem of await Promise.all(waiting)) expect(problem.kind).toBe("cancelled");
    expect(acme.arrivals).toHaveLength(1);
  });
});

test("without Redis no call is made", async () => {
  const acme = await answering();
  const gone = new Redis({
    path: "/nowhere/redis.sock",
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  gone.on("error", () => undefined);
  const guard = openProviderGuard({
    redis: gone,
    provider: "acme",
    limits: {},
    spendFolder,
    telemetry: silentTelemetry(),
  });
  expect(await problemOf(callOnce(guard, acme))).toMatchObject({ kind: "unavailable", type: "redis-down" });
  expect(acme.arrivals).toEqual([]);
  gone.disconnect();
});

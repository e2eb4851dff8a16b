import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { mostWithin } from "../support/counting-provider.ts";
import { runGuardRace } from "../support/guard-race.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer();
});
afterEach(async () => {
  await server.command("FLUSHALL");
});
afterAll(() => server.stop());

const capNanoUsd = 10e9;
const callUsd = 0.5;

test.each([11])(
  "eight processes, some of them killed, never send 21 requests too soon nor spend a cent over the cap (seed %i)",
  async (seed) => {
    const race = await runGuardRace({
      server,
      seed,
      processes: 8,
      limits: { requestsPerMinute: 1_200, concurrency: 6, timeoutMs: 1_000 },
      capUsd: 10,
      callUsd,
      kills: 2,
      flushes: 0,
    });
    expect(race.killed).toBe(2);
    expect(race.exits.every((code) => code === 0)).toBe(true);
    const sent = race.arrivals.map(({ sentAtMs }) => ({ atMs: sentAtMs }));
    expect(mostWithin(sent, 1_000, () => 1)).toBeLessThanOrEqual(21);
    expect(race.billedNanoUsd).toBeLessThanOrEqual(capNanoUsd);
    const counted = race.spentNanoUsd + race.reservedNanoUsd;
    expect(counted).toBeGreaterThanOrEqual(race.billedNanoUsd);
    expect(counted).toBeLessThanOrEqual(capNanoUsd);
    // They went on until not even the cheapest of the calls that they wanted had room.
    expect(counted).toBeGreaterThan(capNanoUsd - callUsd * 1e9);
  },
);

test.each([21])(
  "a Redis that is flushed while they spend costs no cent over the cap (seed %i)",
  async (seed) => {
    const race = await runGuardRace({
      server,
      seed,
      processes: 4,
      limits: { concurrency: 8, timeoutMs: 1_000 },
      capUsd: 10,
      callUsd: 0.1,
      kills: 2,
      flushes: 4,
    });
    expect(race.exits.every((code) => code === 0)).toBe(true);
    expect(race.billedNanoUsd).toBeLessThanOrEqual(capNanoUsd);
    const counted = race.spentNanoUsd + race.reservedNanoUsd;
    expect(counted).toBeGreaterThanOrEqual(race.billedNanoUsd);
  },
);

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideScale, type PoolReading, type ScaleMemory } from "../../apps/fleet/scale-pools.ts";

const bounds = fc
  .record({
    min: fc.nat(3),
    span: fc.integer({ min: 1, max: 5 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ min, span, concurrency }) => ({ min, max: min + span, concurrency, waitMaxMs: 2_000 }));

const moment = fc.record({
  demand: fc.nat(60),
  oldestWaitMs: fc.nat(20_000),
  paused: fc.boolean(),
  room: fc.boolean(),
  elapsedMs: fc.integer({ min: 200, max: 10_000 }),
});

type Bounds = PoolReading["bounds"];

/** `demand` jobs exist: as many run as there are slots, the rest wait. */
function read(
  pool: Bounds,
  workers: number,
  { demand, oldestWaitMs, paused }: { demand: number; oldestWaitMs: number; paused: boolean },
): PoolReading {
  const active = paused ? 0 : Math.min(demand, workers * pool.concurrency);
  const depth = demand - active;
  return { bounds: pool, paused, depth, oldestWaitMs: depth === 0 ? 0 : oldestWaitMs, active };
}

describe("decideScale", () => {
  test("never leaves the bounds, and never turns round within the spare time after growing", () => {
    fc.assert(
      fc.property(bounds, fc.array(moment, { maxLength: 200 }), (pool, moments) => {
        let workers = pool.min;
        let memory: ScaleMemory = {};
        let nowMs = 0;
        let lastGrowthMs = Number.NEGATIVE_INFINITY;
        for (const now of moments) {
          nowMs += now.elapsedMs;
          const decision = decideScale({
            reading: read(pool, workers, now),
            workers,
            room: now.room,
            nowMs,
            memory,
          });
          workers += decision.change;
          memory = decision.memory;
          expect(workers).toBeGreaterThanOrEqual(pool.min);
          expect(workers).toBeLessThanOrEqual(pool.max);
          if (decision.change === 1) lastGrowthMs = nowMs;
          if (decision.change === -1) expect(nowMs - lastGrowthMs).toBeGreaterThanOrEqual(30_000);
        }
      }),
    );
  });

  test("settles under a load that stays the same, in one direction only", () => {
    fc.assert(
      fc.property(bounds, fc.nat(60), fc.nat(8), (pool, demand, start) => {
        let workers = Math.min(pool.max, Math.max(pool.min, start));
        let memory: ScaleMemory = {};
        const changes: { second: number; change: number }[] = [];
        for (let second = 0; second < 600; second++) {
          const reading = read(pool, workers, { demand, oldestWaitMs: 5_000, paused: false });
          const decision = decideScale({ reading, workers, room: true, nowMs: second * 1_000, memory });
          workers += decision.change;
          memory = decision.memory;
          if (decision.change !== 0) changes.push({ second, change: decision.change });
        }
        expect(new Set(changes.map(({ change }) => change)).size).toBeLessThanOrEqual(1);
        // Eight steps down of half a minute each are the longest way.
        expect(changes.at(-1)?.second ?? 0).toBeLessThanOrEqual(300);
        const needed = Math.ceil(demand / pool.concurrency);
        expect(workers).toBe(Math.min(pool.max, Math.max(pool.min, needed)));
      }),
    );
  });
});

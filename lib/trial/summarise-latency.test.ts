import fc from "fast-check";
import { expect, test } from "vitest";
import { summariseLatency } from "./summarise-latency.ts";

test("the spread of a median is what the rounds differ by, not what the queries do", () => {
  const calm = summariseLatency([1, 5, 9, 1, 5, 9], 3);
  expect(calm).toMatchObject({ p50Ms: 5, p50LowMs: 5, p50HighMs: 5, p99Ms: 9 });
  const disturbed = summariseLatency([1, 5, 9, 2, 8, 12, 1, 4, 9], 3);
  expect(disturbed).toMatchObject({ p50Ms: 5, p50LowMs: 4, p50HighMs: 8 });
  const hiccup = summariseLatency([...Array(6).fill([1, 5, 9]), [40, 50, 60]].flat(), 3);
  expect(hiccup).toMatchObject({ p50Ms: 5, p50LowMs: 5, p50HighMs: 5 });
});

test("the median lies in its own interval, and below the slow searches, however the rounds fall", () => {
  const duration = fc.integer({ min: 0, max: 100 });
  const rounds = fc
    .integer({ min: 1, max: 9 })
    .chain((queryCount) =>
      fc.array(fc.array(duration, { minLength: queryCount, maxLength: queryCount }), { minLength: 1 }),
    );
  fc.assert(
    fc.property(rounds, (durations) => {
      const { p50LowMs, p50Ms, p50HighMs, p95Ms, p99Ms } = summariseLatency(
        durations.flat(),
        durations[0]?.length ?? 1,
      );
      expect([p50LowMs, p50Ms, p50HighMs]).toEqual(
        [p50LowMs, p50Ms, p50HighMs].toSorted((one, other) => one - other),
      );
      expect([p50Ms, p95Ms, p99Ms]).toEqual([p50Ms, p95Ms, p99Ms].toSorted((one, other) => one - other));
    }),
  );
});

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

import { expect, test } from "vitest";
import { createTopHits } from "./top-hits.ts";

test("keeps the best rows, best first, lower ordinals first among equals", () => {
  const hits = createTopHits(3);
  for (const [ordinal, score] of [
    [9, 0.5],
    [4, 0.9],
    [7, 0.5],
    [2, 0.5],
    [1, 0.1],
  ] as const) {
    hits.offer(ordinal, score);
  }
  expect(hits.floor()).toBe(0.5);
  expect([...hits.drain().ordinals]).toEqual([4, 2, 7]);
});

test("holds fewer rows than it may, and none at all", () => {
  const few = createTopHits(5);
  few.offer(3, -1);
  expect(few.floor()).toBe(Number.NEGATIVE_INFINITY);
  expect(few.drain()).toEqual({ ordinals: Uint32Array.of(3), scores: Float32Array.of(-1) });
  const none = createTopHits(0);
  none.offer(1, 1);
  expect(none.drain().ordinals).toHaveLength(0);
});

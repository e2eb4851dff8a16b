import { expect, test } from "vitest";
import { candidatesMax, planFilteredSearch } from "./plan-filtered-search.ts";

const plan = (matchCount: number) =>
  planFilteredSearch({ vectorCount: 100_000, matchCount, need: 30, effort: 64 });

test("a narrow filter is answered by comparing its rows", () => {
  for (const matchCount of [0, 1, 500, 1000]) expect(plan(matchCount)).toEqual({ exact: true });
});

test("a wide filter explores enough candidates for the expected share to pass", () => {
  expect(plan(50_000)).toEqual({ exact: false, wanted: 72 });
  expect(plan(10_000)).toEqual({ exact: false, wanted: 360 });
});

test("no search explores more than the bound", () => {
  for (let matchCount = 0; matchCount <= 100_000; matchCount += 97) {
    const decided = plan(matchCount);
    if (!decided.exact) expect(decided.wanted).toBeLessThanOrEqual(candidatesMax);
  }
});

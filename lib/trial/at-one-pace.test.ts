import { expect, test } from "vitest";
import { IndexParameters } from "../vector/index-parameters.ts";
import { atOnePace } from "./at-one-pace.ts";
import type { TrialRecord } from "./trial-record.ts";

function trial(change: Partial<TrialRecord>): TrialRecord {
  return {
    kind: "trial",
    trial: "t",
    index: "i",
    generation: "g",
    corpus: "c",
    at: "2026-01-01T00:00:00.000Z",
    parameters: IndexParameters.parse({ backend: "hnsw" }),
    sampleShare: 1,
    seed: 0,
    evalSet: null,
    k: 10,
    queryCount: 100,
    recall: 1,
    recallLow: 1,
    recallHigh: 1,
    p50Ms: 1,
    p50LowMs: 0.9,
    p50HighMs: 1.1,
    p95Ms: 2,
    p99Ms: 3,
    buildMs: 1,
    graphReused: false,
    memoryBytes: 1,
    diskBytes: 1,
    cpuMs: 1,
    why: "",
    ...change,
  };
}

test("a trial that met a machine of half the speed counts as half as slow", () => {
  const calm = trial({ servingP50Ms: 2 });
  const busy = trial({ servingP50Ms: 4, p50Ms: 1.6, p50LowMs: 1.4, p50HighMs: 2 });
  expect(atOnePace([calm, calm, busy])).toEqual([
    calm,
    calm,
    { ...busy, p50Ms: 0.8, p50LowMs: 0.7, p50HighMs: 1, p95Ms: 1, p99Ms: 1.5 },
  ]);
});

test("trials that nothing was measured beside stay as they are, and so do those beside an earlier generation", () => {
  const alone = trial({});
  const earlier = trial({ generation: "before", servingP50Ms: 8 });
  const newest = trial({ servingP50Ms: 2 });
  expect(atOnePace([alone, earlier, newest])).toEqual([alone, earlier, newest]);
});

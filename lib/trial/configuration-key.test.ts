import { describe, expect, test } from "vitest";
import { IndexParameters } from "../vector/index-parameters.ts";
import { buildKey, trialKey } from "./configuration-key.ts";

const of = (fields: Record<string, unknown>) => IndexParameters.parse(fields);
const hnsw = of({ backend: "hnsw" });
const lance = of({ backend: "lance" });

describe("the key of a build", () => {
  test("is the same for every search setting over it", () => {
    expect(buildKey(of({ ...hnsw, expansionSearch: 500 }))).toBe(buildKey(hnsw));
    expect(buildKey(of({ ...lance, expansionSearch: 500, probes: 7, refineFactor: 9 }))).toBe(
      buildKey(lance),
    );
  });

  test("differs where the files do", () => {
    const builds = [
      hnsw,
      of({ ...hnsw, engine: "hnswlib" }),
      of({ ...hnsw, quantization: "f32" }),
      of({ ...hnsw, connectivity: 17 }),
      of({ ...hnsw, expansionBuild: 129 }),
      lance,
      of({ ...lance, partitions: 3 }),
      of({ ...lance, connectivity: 17 }),
      of({ ...lance, kind: "ivf_pq" }),
      of({ ...lance, kind: "ivf_pq", subVectors: 8 }),
      of({ ...lance, kind: "flat" }),
    ];
    expect(new Set(builds.map(buildKey)).size).toBe(builds.length);
  });

  test("does not know numbers that the kind does not read", () => {
    const rabit = of({ ...lance, kind: "ivf_rq" });
    expect(buildKey(of({ ...rabit, connectivity: 32, subVectors: 4 }))).toBe(buildKey(rabit));
    const single = of({ ...hnsw, engine: "hnswlib" });
    expect(buildKey(of({ ...single, quantization: "f32" }))).toBe(buildKey(single));
  });
});

describe("the key of a trial", () => {
  test("differs by search setting, corpus and sample, and by nothing that is not read", () => {
    const keys = [
      trialKey(hnsw, "a", 1),
      trialKey(hnsw, "b", 1),
      trialKey(hnsw, "a", 0.5),
      trialKey(of({ ...hnsw, expansionSearch: 65 }), "a", 1),
      trialKey(of({ ...lance, refineFactor: 4 }), "a", 1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    const rabit = of({ ...lance, kind: "ivf_rq" });
    expect(trialKey(of({ ...rabit, expansionSearch: 9 }), "a", 1)).toBe(trialKey(rabit, "a", 1));
  });
});

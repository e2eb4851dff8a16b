import { describe, expect, test } from "vitest";
import { IndexParameters, type LanceParameters } from "../index-parameters.ts";
import { planLance } from "./lance-plan.ts";

const lance = (parameters: Partial<LanceParameters>) => {
  const parsed = IndexParameters.parse({ backend: "lance", ...parameters });
  if (parsed.backend !== "lance") throw new Error("not a lance index");
  return parsed;
};

describe("planLance", () => {
  test.each([
    [255, 0],
    [256, 255],
    [1000, 999],
    [100_000, 2048],
    [4_000_000, 4000],
    [2_000_000_000, 65_536],
  ])("gives %i rows of ivf_pq %i lists", (vectorCount, partitions) => {
    expect(planLance(lance({ kind: "ivf_pq" }), 768, vectorCount).partitions).toBe(partitions);
  });

  test.each([
    [1024, 32],
    [768, 16],
    [384, 16],
    [100, 10],
    [7, 7],
  ])("cuts vectors of %i values into %i parts", (dimension, subVectors) => {
    expect(planLance(lance({ kind: "ivf_pq" }), dimension, 10_000).subVectors).toBe(subVectors);
  });

  test("falls back to a flat scan below 256 rows, whatever the kind", () => {
    for (const kind of ["ivf_hnsw_sq", "ivf_rq", "ivf_pq", "flat"] as const) {
      expect(planLance(lance({ kind }), 768, 255).kind).toBe("flat");
    }
  });

  test("never probes more lists than there are", () => {
    const plan = planLance(lance({ kind: "ivf_rq", partitions: 5, probes: 100 }), 768, 10_000);
    expect(plan).toMatchObject({ partitions: 5, probes: 5 });
  });

  test("refuses what the engine could not build", () => {
    const refused = expect.objectContaining({ type: "index-parameters" });
    expect(() => planLance(lance({ kind: "ivf_rq" }), 65, 10_000)).toThrow(refused);
    expect(() => planLance(lance({ kind: "ivf_pq", subVectors: 9 }), 64, 10_000)).toThrow(refused);
  });
});

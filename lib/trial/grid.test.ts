import { describe, expect, test } from "vitest";
import { IndexParameters } from "../vector/index-parameters.ts";
import { buildKey } from "./configuration-key.ts";
import { defaultGrid, expandGrid, gridSizeMax } from "./grid.ts";

const hnsw = IndexParameters.parse({ backend: "hnsw" });
const lance = IndexParameters.parse({ backend: "lance" });

describe("a grid", () => {
  test("is every combination, with the other fields as they are", () => {
    const found = expandGrid({ connectivity: [8, 12], expansionSearch: [32, 64] }, hnsw);
    expect(found).toHaveLength(4);
    expect(found[0]).toEqual({ ...hnsw, connectivity: 8, expansionSearch: 32 });
  });

  test("measures nothing twice where a field does not count", () => {
    const found = expandGrid({ kind: ["flat", "ivf_rq"], probes: [5, 9], expansionSearch: [8, 9] }, lance);
    expect(found).toHaveLength(3);
  });

  test("keeps the configurations of one build together", () => {
    const found = expandGrid({ expansionSearch: [32, 64, 99], connectivity: [8, 12] }, hnsw).map(buildKey);
    expect(found.filter((key, place) => key !== found[place - 1])).toHaveLength(2);
  });

  test("of either backend by default is within the bound", () => {
    for (const current of [hnsw, lance]) {
      const { length } = expandGrid(defaultGrid(current), current);
      expect(length).toBeGreaterThan(5);
      expect(length).toBeLessThanOrEqual(gridSizeMax);
    }
  });

  test("is refused with the field that is wrong", () => {
    const values = Array.from({ length: 65 }, (_, place) => 8 + place);
    const refusal = (grid: Parameters<typeof expandGrid>[0]) => {
      try {
        expandGrid(grid, hnsw);
      } catch (error) {
        return (error as { field?: string }).field;
      }
      return "accepted";
    };
    expect(refusal({ expansionSearch: values })).toBe("grid");
    expect(refusal({ expansionSearch: values, expansionBuild: values })).toBe("grid");
    expect(refusal({ connectivity: [1] })).toBe("parameters.connectivity");
    expect(refusal({ probes: [3] })).toBe("parameters.probes");
    expect(refusal({ connectivity: ["many"] })).toBe("parameters.connectivity");
  });
});

import { describe, expect, test } from "vitest";
import { IndexParameters } from "../../vector/index-parameters.ts";
import { defineSpace } from "./default-space.ts";
import { absent, configurationsOf, locate, nearest, parametersOf } from "./search-space.ts";

const corpus = { dimension: 768, vectorCount: 20_000 };

describe("the space of a session", () => {
  test.each(["hnsw", "lance"] as const)(
    "every configuration of %s is an index's parameters and is found again",
    (backend) => {
      const space = defineSpace(backend, {
        ...corpus,
        bounds: backend === "lance" ? { kind: ["ivf_rq", "ivf_pq", "flat"] } : {},
      });
      const all = [...configurationsOf(space)];
      expect(new Set(all.map((positions) => JSON.stringify(parametersOf(space, positions)))).size).toBe(
        all.length,
      );
      for (const positions of all) expect(locate(space, parametersOf(space, positions))).toEqual(positions);
    },
  );

  test("quantization does not count for hnswlib, whose vectors are always whole", () => {
    const space = defineSpace("hnsw", {
      ...corpus,
      bounds: { engine: ["hnswlib"], connectivity: [16], expansionBuild: [64] },
    });
    const all = [...configurationsOf(space)].map((positions) => parametersOf(space, positions));
    expect(all).toHaveLength(17);
    expect(all[0]).toMatchObject({ engine: "hnswlib", quantization: "f32" });
  });

  const tooMany = Array.from({ length: 600 }, (_, place) => place + 8);

  test.each([
    [{ colour: ["red"] }, "bounds.colour"],
    [{ connectivity: [3] }, "bounds.connectivity"],
    [{ connectivity: { min: 100 } }, "bounds.connectivity"],
    [{ quantization: ["i4"] }, "bounds.quantization"],
    [{ expansionSearch: [10, "many"] }, "bounds.expansionSearch"],
    [{ expansionBuild: tooMany }, "bounds"],
  ])("bounds that do not fit are refused by name: case %#", (bounds, field) => {
    expect(() => defineSpace("hnsw", { ...corpus, bounds })).toThrow(
      expect.objectContaining({ type: "agent-bounds", field }),
    );
  });

  test("the numbers of what serves are among the values, unless bounds say otherwise", () => {
    const serving = IndexParameters.parse({ backend: "hnsw", connectivity: 20, expansionBuild: 200 });
    const space = defineSpace("hnsw", { ...corpus, serving, bounds: { connectivity: [8, 32] } });
    const values = new Map(space.axes.map((axis) => [axis.name, axis.values]));
    expect(values.get("expansionBuild")).toEqual([48, 64, 96, 128, 192, 200, 256]);
    expect(values.get("connectivity")).toEqual([8, 32]);
  });

  test("a configuration from outside is at none of the values: between its neighbours or beyond an edge", () => {
    const space = defineSpace("hnsw", { ...corpus, bounds: { connectivity: [8, 32] } });
    const parameters = parametersOf(space, nearest(space, parametersOf(space, [0, 0, 0, 0, 0])));
    expect(locate(space, { ...parameters, connectivity: 16 } as typeof parameters)?.[2]).toBeCloseTo(0.5);
    expect(locate(space, { ...parameters, connectivity: 64 } as typeof parameters)?.[2]).toBeCloseTo(1.5);
    const lowest = locate(space, { ...parameters, connectivity: 4 } as typeof parameters)?.[2];
    expect([lowest! > absent, lowest! < 0]).toEqual([true, true]);
  });
});

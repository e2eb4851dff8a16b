import { alwaysExact, modelCurves } from "@lakefleet/lib/vector/read/curve-model.ts";
import {
  candidatesMax,
  planSearch,
  recallTarget,
  type SearchQuestion,
} from "@lakefleet/lib/vector/read/plan-search.ts";
import type { SearchCurves } from "@lakefleet/lib/vector/search-curves.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const ms = fc.double({ min: 0, max: 500, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const effort = fc.integer({ min: 1, max: 4_096 });

/** Whatever a busy machine may have measured. */
const anyCurves: fc.Arbitrary<SearchCurves> = fc.record({
  vectorCount: fc.nat(1_000_000),
  exact: fc.record({ startMs: ms, rowMs: ms }),
  inlineRowMs: ms,
  indexed: fc.array(fc.record({ effort, ms, recall: share }), { maxLength: 8 }),
  deep: fc.array(fc.record({ effort, depth: fc.integer({ min: 1, max: 400 }), recall: share }), {
    maxLength: 30,
  }),
  filtered: fc.array(fc.record({ selectivity: share, effort, ms, recall: share }), { maxLength: 4 }),
});

interface Shape {
  backend: "hnsw" | "lance";
  curves: SearchCurves | undefined;
  vectorCount: number;
  k: number;
  effort: number;
}

const anyShape: fc.Arbitrary<Shape> = fc.record({
  backend: fc.constantFrom("hnsw", "lance"),
  curves: fc.option(anyCurves, { nil: undefined }),
  vectorCount: fc.integer({ min: 1, max: 1_000_000 }),
  k: fc.integer({ min: 1, max: 1_000 }),
  effort: fc.integer({ min: 8, max: 4_096 }),
});

function questionOf({ backend, curves, vectorCount, k, effort }: Shape, matchCount: number): SearchQuestion {
  return {
    curves: modelCurves(curves, { backend, dimension: 768 }),
    vectorCount,
    matchCount,
    k,
    head: Math.max(1, Math.min(k, matchCount)),
    effort,
    asked: false,
    filtered: true,
    structure:
      backend === "hnsw"
        ? { kind: "graph", need: Math.max(30, 3 * k) }
        : { kind: "table", path: "graph", rowsMax: 4_096 },
  };
}

describe("a planned search", () => {
  test("is never one that could not return k hits where k match", () => {
    fc.assert(
      fc.property(anyShape, share, (shape, part) => {
        const matchCount = Math.max(1, Math.round(part * shape.vectorCount));
        const question = questionOf(shape, matchCount);
        const route = planSearch(question);
        if (route.path === "exact") return;
        expect(route.path).toBe("graph");
        if (shape.backend === "lance") return;
        const passing = (Math.min(route.effort, shape.vectorCount) * matchCount) / shape.vectorCount;
        expect(passing).toBeGreaterThanOrEqual(Math.min(shape.k, matchCount) - 1e-6);
        expect(route.effort).toBeLessThanOrEqual(candidatesMax);
      }),
    );
  });

  test("of the index stays one where more rows match", () => {
    fc.assert(
      fc.property(anyShape, share, share, (shape, one, other) => {
        const [few, many] = [Math.min(one, other), Math.max(one, other)].map((part) =>
          Math.max(1, Math.round(part * shape.vectorCount)),
        ) as [number, number];
        // What the engine reached under its own filters was measured at a few widths, and may differ either way.
        const { curves } = shape;
        const plain = { ...shape, curves: curves && { ...curves, filtered: [] } };
        if (planSearch(questionOf(plain, few)).path !== "graph") return;
        expect(planSearch(questionOf(plain, many)).path).toBe("graph");
      }),
    );
  });

  test("compares everything where that is little, and says so with a time", () => {
    fc.assert(
      fc.property(anyShape, fc.integer({ min: 1, max: alwaysExact }), (shape, matchCount) => {
        const route = planSearch(
          questionOf({ ...shape, vectorCount: Math.max(matchCount, shape.vectorCount) }, matchCount),
        );
        expect(route).toMatchObject({ path: "exact", reason: expect.stringContaining("ms") });
        expect(route.expectedMs).toBeGreaterThan(0);
        expect(route.expectedMs).toBeLessThan(100);
      }),
    );
  });

  test("of a small index compares everything, and of a larger one does not", () => {
    const shape = { backend: "hnsw", curves: undefined, k: 20, effort: 64 } as const;
    const unfiltered = (vectorCount: number) =>
      planSearch({ ...questionOf({ ...shape, vectorCount }, vectorCount), filtered: false });
    expect(unfiltered(600)).toMatchObject({ path: "exact" });
    expect(unfiltered(1_200)).toMatchObject({
      path: "exact",
      reason: expect.stringMatching(/misses nothing; exploring 64 candidates of the graph takes about/),
    });
    expect(unfiltered(20_000)).toMatchObject({ path: "graph", effort: 64 });
    const hurried = { ...questionOf({ ...shape, vectorCount: 1_200 }, 1_200), filtered: false, msMax: 1 };
    expect(planSearch(hurried)).toMatchObject({ path: "graph", effort: 64 });
  });

  test("leaves a filter narrower than any that was measured to no index", () => {
    const filtered = [{ selectivity: 0.1, effort: 256, ms: 3, recall: 0.99 }];
    const curves = {
      vectorCount: 1_000_000,
      exact: { startMs: 4, rowMs: 0.001 },
      indexed: [],
      deep: [],
      filtered,
    };
    const shape = { backend: "lance", curves, vectorCount: 1_000_000, k: 10, effort: 128 } as const;
    expect(planSearch(questionOf(shape, 100_000))).toMatchObject({ path: "graph", effort: 256 });
    expect(planSearch(questionOf(shape, 50_000))).toMatchObject({ path: "exact" });
    expect(planSearch(questionOf({ ...shape, curves: { ...curves, filtered: [] } }, 500_000))).toMatchObject({
      path: "exact",
    });
  });

  test("has nothing to do where nothing matches", () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        expect(planSearch(questionOf(shape, 0))).toMatchObject({ path: "none", expectedMs: 0 });
      }),
    );
  });

  test("explores no graph where its candidates are not true so far from the query", () => {
    fc.assert(
      fc.property(anyShape, fc.integer({ min: 1, max: 500 }), (shape, depthSeen) => {
        const question = questionOf({ ...shape, backend: "hnsw" }, shape.vectorCount);
        const { curves, structure } = question;
        if (structure.kind !== "graph") return;
        const route = planSearch({ ...question, structure: { ...structure, depthSeen } });
        if (route.path !== "graph") return;
        expect(curves.deepRecall(route.effort, depthSeen)).toBeGreaterThanOrEqual(recallTarget);
      }),
    );
  });
});

describe("curves measured under load", () => {
  test("make no narrow search a walk and no wide one a scan", () => {
    const loaded = {
      vectorCount: 100_000,
      exact: { startMs: 900, rowMs: 0.00001 },
      inlineRowMs: 5,
      indexed: [{ effort: 64, ms: 800, recall: 1 }],
      deep: [],
      filtered: [],
    };
    const shape = { backend: "hnsw", curves: loaded, vectorCount: 100_000, k: 10, effort: 64 } as const;
    expect(planSearch(questionOf(shape, 600)).path).toBe("exact");
    expect(planSearch(questionOf(shape, 90_000))).toMatchObject({ path: "graph", effort: 64 });
  });
});

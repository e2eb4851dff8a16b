import { describe, expect, test } from "vitest";
import { fuseScores, type Ranking } from "./fuse-scores.ts";

const ranking = (entries: [number, number][]): Ranking => ({
  ordinals: Uint32Array.from(entries, ([ordinal]) => ordinal),
  scores: Float32Array.from(entries, ([, score]) => score),
});

describe("fusing scores", () => {
  const vector = ranking([
    [1, 0.9],
    [2, 0.5],
    [3, 0.1],
  ]);
  const lexical = ranking([
    [3, 12],
    [4, 4],
    [1, 0],
  ]);

  test("weighted fusion is the convex sum of the scaled scores", () => {
    const fused = fuseScores(vector, lexical, { method: "weighted", lexicalWeight: 0.75 });
    expect([...fused.ordinals]).toEqual([3, 1, 4, 2]);
    [0.75, 0.25, 0.25, 0.125].forEach((score, place) => {
      expect(fused.scores[place]).toBeCloseTo(score, 6);
    });
  });

  test("reciprocal ranks with equal weights give the plain formula", () => {
    const fused = fuseScores(vector, lexical, { method: "rrf", lexicalWeight: 0.5 });
    expect([...fused.ordinals]).toEqual([1, 3, 2, 4]);
    expect(fused.scores[0]).toBeCloseTo(1 / 61 + 1 / 63, 6);
    expect(fused.scores[2]).toBeCloseTo(1 / 62, 6);
  });

  test("a weight at either end ranks as that list alone, and what only the other list has comes after", () => {
    const words = fuseScores(vector, lexical, { method: "weighted", lexicalWeight: 1 });
    expect([...words.ordinals.subarray(0, 2)]).toEqual([3, 4]);
    const vectors = fuseScores(vector, lexical, { method: "weighted", lexicalWeight: 0 });
    expect([...vectors.ordinals.subarray(0, 2)]).toEqual([1, 2]);
  });

  test("an empty list leaves the other one's order, and two give nothing", () => {
    const rule = { method: "weighted", lexicalWeight: 0.85 } as const;
    expect([...fuseScores(ranking([]), lexical, rule).ordinals]).toEqual([3, 4, 1]);
    expect(fuseScores(ranking([]), ranking([]), rule).ordinals).toHaveLength(0);
  });

  test("equal scores tie in the order of the ordinals", () => {
    const tied = ranking([
      [9, 1],
      [2, 1],
    ]);
    const rule = { method: "weighted", lexicalWeight: 0.5 } as const;
    expect([...fuseScores(tied, ranking([]), rule).ordinals]).toEqual([2, 9]);
  });
});

import fc from "fast-check";
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

const listArbitrary = fc
  .uniqueArray(
    fc.record({ ordinal: fc.nat({ max: 30 }), score: fc.float({ min: 0, max: 1, noNaN: true }) }),
    {
      selector: (entry) => entry.ordinal,
      maxLength: 20,
    },
  )
  .map((entries) =>
    ranking(entries.sort((a, b) => b.score - a.score).map(({ ordinal, score }) => [ordinal, score])),
  );
const ruleArbitrary = fc.record({
  method: fc.constantFrom("weighted" as const, "rrf" as const),
  lexicalWeight: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("every fusion", () => {
  const seed = Date.now() % 1_000_000;

  test("holds each chunk of either list once, best first", () => {
    fc.assert(
      fc.property(listArbitrary, listArbitrary, ruleArbitrary, (vector, lexical, rule) => {
        const fused = fuseScores(vector, lexical, rule);
        expect(new Set(fused.ordinals)).toEqual(new Set([...vector.ordinals, ...lexical.ordinals]));
        expect(fused.ordinals).toHaveLength(new Set(fused.ordinals).size);
        expect([...fused.scores]).toEqual([...fused.scores].sort((a, b) => b - a));
      }),
      { seed },
    );
  });

  test("is monotone: what is no worse in both lists is no worse in the fusion", () => {
    fc.assert(
      fc.property(listArbitrary, listArbitrary, ruleArbitrary, (vector, lexical, rule) => {
        const fused = fuseScores(vector, lexical, rule);
        const scoreIn = (list: Ranking, ordinal: number) => {
          const place = list.ordinals.indexOf(ordinal);
          return place === -1 ? undefined : { score: list.scores[place] ?? 0, place };
        };
        const noWorse = (list: Ranking, a: number, b: number) => {
          const [left, right] = [scoreIn(list, a), scoreIn(list, b)];
          if (right === undefined) return true;
          return left !== undefined && left.score >= right.score && left.place <= right.place;
        };
        for (const a of fused.ordinals) {
          for (const b of fused.ordinals) {
            if (!noWorse(vector, a, b) || !noWorse(lexical, a, b)) continue;
            expect(scoreIn(fused, a)?.score).toBeGreaterThanOrEqual(scoreIn(fused, b)?.score ?? 0);
          }
        }
      }),
      { seed },
    );
  });
});

import {
  averagePrecision,
  hitAt,
  meanReciprocalRank,
  precisionAt,
  recallInterval,
  reciprocalRank,
} from "@lakefleet/lib/evaluation/metrics.ts";
import { createRandom } from "@lakefleet/lib/generation/format/seeded-random.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const perQuery = fc.array(
  fc
    .record({ wanted: fc.integer({ min: 0, max: 10 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ wanted, share }) => ({ wanted, reached: Math.round(wanted * share) })),
  { maxLength: 60 },
);
const ranking = fc.uniqueArray(fc.constantFrom(..."abcdefghijklm"), { maxLength: 12 });
const relevant = fc.uniqueArray(fc.constantFrom(..."abcdefghijklmnop")).map((names) => new Set(names));
const depth = fc.integer({ min: 1, max: 20 });

describe("the interval of recall", () => {
  test("encloses the recall and stays between 0 and 1", () => {
    fc.assert(
      fc.property(perQuery, (queries) => {
        const { recall, low, high } = recallInterval(queries);
        expect(0 <= low && low <= recall && recall <= high && high <= 1).toBe(true);
      }),
    );
  });

  test("narrows when the same queries come four times as often", () => {
    fc.assert(
      fc.property(perQuery, (queries) => {
        const once = recallInterval(queries);
        const often = recallInterval([...queries, ...queries, ...queries, ...queries]);
        expect(often.recall).toBeCloseTo(once.recall, 12);
        expect(often.high - often.low).toBeLessThanOrEqual(once.high - once.low + 1e-12);
      }),
    );
  });

  test("recall never falls when a query reaches more", () => {
    fc.assert(
      fc.property(perQuery, fc.nat(60), (queries, place) => {
        const better = queries.map((query, at) =>
          at === place ? { ...query, reached: query.wanted } : query,
        );
        expect(recallInterval(better).recall).toBeGreaterThanOrEqual(recallInterval(queries).recall);
      }),
    );
  });

  test("encloses the true recall in 95 of 100 samples, give or take, also of queries that differ a lot", () => {
    const random = createRandom(7);
    for (const [easy, hard, hardShare] of [
      [0.99, 0.8, 0.1],
      [1, 0.5, 0.05],
      [0.9, 0.9, 0],
    ] as const) {
      const truth = easy * (1 - hardShare) + hard * hardShare;
      let enclosed = 0;
      for (let sample = 0; sample < 1_000; sample++) {
        const queries = Array.from({ length: 200 }, () => {
          const chance = random() < hardShare ? hard : easy;
          const reached = Array.from({ length: 10 }, () => random() < chance).filter(Boolean).length;
          return { reached, wanted: 10 };
        });
        const { low, high } = recallInterval(queries);
        if (low <= truth && truth <= high) enclosed += 1;
      }
      expect(enclosed).toBeGreaterThan(930);
    }
  });

  test("of no query nothing is known; of one, little", () => {
    expect(recallInterval([])).toEqual({ recall: 1, low: 0, high: 1 });
    expect(recallInterval([{ reached: 10, wanted: 10 }]).low).toBeLessThan(0.3);
  });
});

describe("metrics of judged rankings", () => {
  test("lie between 0 and 1, and 1 is only for what is perfect", () => {
    fc.assert(
      fc.property(ranking, relevant, depth, (names, wanted, k) => {
        for (const value of [
          hitAt(names, wanted, k),
          reciprocalRank(names, wanted),
          averagePrecision(names, wanted),
          precisionAt(names, wanted, k),
        ])
          expect(value >= 0 && value <= 1).toBe(true);
        const perfect = wanted.size > 0 && [...wanted].every((name) => names.indexOf(name) < wanted.size);
        expect(averagePrecision(names, wanted) === 1).toBe(
          perfect && [...wanted].every((name) => names.includes(name)),
        );
      }),
    );
  });

  test("a deeper look never loses a hit, and agrees with the reciprocal rank", () => {
    fc.assert(
      fc.property(ranking, relevant, depth, (names, wanted, k) => {
        expect(hitAt(names, wanted, k + 1)).toBeGreaterThanOrEqual(hitAt(names, wanted, k));
        expect(hitAt(names, wanted, k)).toBe(reciprocalRank(names, wanted) >= 1 / k ? 1 : 0);
        expect(hitAt(names, wanted, k)).toBe(precisionAt(names, wanted, k) > 0 ? 1 : 0);
      }),
    );
  });

  test("moving a relevant document up never costs anything", () => {
    fc.assert(
      fc.property(ranking, relevant, fc.nat(12), (names, wanted, place) => {
        const [upper, lower] = [names[place], names[place + 1]];
        if (upper === undefined || lower === undefined || wanted.has(upper) || !wanted.has(lower)) return;
        const better = names.with(place, lower).with(place + 1, upper);
        expect(averagePrecision(better, wanted)).toBeGreaterThan(averagePrecision(names, wanted));
        expect(reciprocalRank(better, wanted)).toBeGreaterThanOrEqual(reciprocalRank(names, wanted));
      }),
    );
  });

  test("of a ranking worked out by hand", () => {
    const wanted = new Set(["b", "d", "z"]);
    const names = ["a", "b", "c", "d"];
    expect(averagePrecision(names, wanted)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12);
    expect(precisionAt(names, wanted, 8)).toBe(0.25);
    expect(
      meanReciprocalRank([
        { ranking: names, relevant: wanted },
        { ranking: [], relevant: wanted },
      ]),
    ).toBe(0.25);
    expect(averagePrecision(["b", "b", "d"], new Set(["b", "d"]))).toBe(1);
  });
});

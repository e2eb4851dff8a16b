import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseFusionWeight, type WeightScores } from "./choose-fusion-weight.ts";

const weights = [0, 0.5, 0.85, 1];

function curveOf(scoreOf: (weight: number, query: number) => number, queryCount: number): WeightScores[] {
  return weights.map((lexicalWeight) => ({
    lexicalWeight,
    scores: Array.from({ length: queryCount }, (_, query) => scoreOf(lexicalWeight, query)),
  }));
}

describe("the weight of words in a fusion", () => {
  test("is the one that ranks clearly better over enough queries", () => {
    const curve = curveOf((weight, query) => (weight === 0.5 ? 0.6 : 0.4) + (query % 7) / 100, 60);
    const choice = chooseFusionWeight(curve, 0.85);
    expect(choice).toMatchObject({ lexicalWeight: 0.5, kept: "measured" });
    expect(choice.crossValidated).toBeGreaterThan(choice.defaultScore);
  });

  test("stays the default where few queries judge it", () => {
    const curve = curveOf((weight) => (weight === 0.5 ? 1 : 0), 19);
    expect(chooseFusionWeight(curve, 0.85)).toMatchObject({
      lexicalWeight: 0.85,
      kept: "default",
      why: expect.stringContaining("too few"),
    });
  });

  test("stays the default where one lucky query makes the difference", () => {
    const curve = curveOf((weight, query) => (weight === 0.5 && query === 3 ? 1 : 0.3), 60);
    expect(chooseFusionWeight(curve, 0.85)).toMatchObject({ lexicalWeight: 0.85, kept: "default" });
  });

  test("stays the default where nothing ranks better", () => {
    const curve = curveOf(() => 0.5, 60);
    expect(chooseFusionWeight(curve, 0.85)).toMatchObject({ kept: "default" });
  });

  test("never ranks the measured queries worse than the default does", () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score, score, score), { minLength: 1, maxLength: 40 }), (rows) => {
        const curve = weights.map((lexicalWeight, place) => ({
          lexicalWeight,
          scores: rows.map((row) => row[place]!),
        }));
        const { lexicalWeight, defaultScore } = chooseFusionWeight(curve, 0.85);
        const chosen = curve.find((one) => one.lexicalWeight === lexicalWeight)!.scores;
        const total = chosen.reduce((sum, one) => sum + one, 0) / chosen.length;
        expect(total).toBeGreaterThanOrEqual(defaultScore - 1e-12);
      }),
    );
  });
});

import { expect, test } from "vitest";
import { createRandom } from "../../generation/format/seeded-random.ts";
import { differenceInterval, reciprocalRanks } from "./rank-sample.ts";

test("a document ranks by its nearest chunk, behind every document that is nearer", async () => {
  const view = {
    dimension: 2,
    vectors: Float32Array.from([1, 0, 0, 1, 0.8, 0.6]),
    queries: [Float32Array.from([1, 0]), Float32Array.from([0, 1]), undefined],
  };
  const corpus = { docIds: ["a", "b", "b"], isRelevant: (docId: string) => docId === "b" };
  expect(await reciprocalRanks(view, corpus, undefined)).toEqual([0.5, 1, 0]);
});

test("the interval of a difference holds it in about 95 % of all samples, and is narrow where all agree", () => {
  expect(differenceInterval([0.5, 0.5], [0.75, 0.75], 1)).toEqual({ expected: 0.25, low: 0.25, high: 0.25 });
  const random = createRandom(3);
  const rounds = 300;
  let held = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = Array.from({ length: 100 }, random);
    // A tenth better on average, with noise of its own.
    const after = before.map((value) => value + 0.1 + 0.4 * (random() - 0.5));
    const { low, high } = differenceInterval(before, after, round);
    if (low <= 0.1 && 0.1 <= high) held += 1;
  }
  expect(held / rounds).toBeGreaterThan(0.9);
});

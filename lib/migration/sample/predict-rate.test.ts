import { expect, test } from "vitest";
import { createRandom } from "../../generation/format/seeded-random.ts";
import { atLeast, predictTotal } from "./predict-rate.ts";

test("groups that cost the same predict exactly", () => {
  const groups = Array.from({ length: 4 }, () => ({ texts: 10, amount: 25 }));
  expect(predictTotal(groups, 1_000)).toEqual({ expected: 2_500, low: 2_500, high: 2_500 });
});

test("one group tells nothing of the rest, unless there is no rest", () => {
  expect(predictTotal([{ texts: 10, amount: 25 }], 100)).toBeNull();
  expect(predictTotal([{ texts: 10, amount: 25 }], 0)).toEqual({ expected: 0, low: 0, high: 0 });
});

test("of many samples the interval holds the truth in about 95 %", () => {
  const random = createRandom(7);
  const rounds = 2_000;
  let held = 0;
  for (let round = 0; round < rounds; round += 1) {
    // A text has between 10 and 90 tokens, so a thousand have 50,000.
    const groups = Array.from({ length: 8 }, () => ({
      texts: 25,
      amount: Array.from({ length: 25 }, () => 10 + 80 * random()).reduce((sum, tokens) => sum + tokens, 0),
    }));
    const { low, high } = predictTotal(groups, 1_000) ?? { low: 0, high: 0 };
    if (low <= 50_000 && 50_000 <= high) held += 1;
  }
  expect(held / rounds).toBeGreaterThan(0.93);
  expect(held / rounds).toBeLessThan(0.97);
});

test("no figure lies below what the limits allow", () => {
  const interval = { expected: 10, low: 5, high: 20 };
  expect(atLeast(interval, { expected: 12, low: 12, high: 12 })).toEqual({ expected: 12, low: 12, high: 20 });
  expect(atLeast(null, interval)).toBeNull();
});

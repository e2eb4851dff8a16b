import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../examples/create-random.ts";
import { fewestSwaps, plannedSwaps, type SwapProblem } from "../support/swap-optimum.ts";

const problem = fc.record({
  jobs: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 11 }),
  slots: fc.integer({ min: 1, max: 3 }),
  overtakesMax: fc.integer({ min: 0, max: 8 }),
});

test("every job is served, none is overtaken more often than allowed, and no order takes fewer loads than the optimum", () => {
  fc.assert(
    fc.property(problem, (asked) => {
      const { swaps, overtaken } = plannedSwaps(asked);
      expect(overtaken).toBeLessThanOrEqual(asked.overtakesMax);
      expect(swaps).toBeGreaterThanOrEqual(fewestSwaps(asked));
    }),
    { numRuns: 100 },
  );
});

test("where nothing bounds overtaking, each model is loaded once", () => {
  fc.assert(
    fc.property(problem, ({ jobs, slots }) => {
      const { swaps } = plannedSwaps({ jobs, slots, overtakesMax: jobs.length });
      expect(swaps).toBe(new Set(jobs).size);
    }),
    { numRuns: 200 },
  );
});

test.each([1, 2, 3])(
  "with %i slots the plan takes at most a tenth more loads than the best of all orders",
  (slots) => {
    const random = createRandom(slots);
    let planned = 0;
    let fewest = 0;
    for (let run = 0; run < 60; run += 1) {
      const models = 2 + slots + (random() % 2);
      const jobs = Array.from({ length: 12 }, () => random() % models);
      const asked: SwapProblem = { jobs, slots, overtakesMax: 1 + (random() % 8) };
      planned += plannedSwaps(asked).swaps;
      fewest += fewestSwaps(asked);
    }
    expect(fewest).toBeGreaterThan(0);
    expect(planned / fewest).toBeLessThanOrEqual(1.1);
  },
);

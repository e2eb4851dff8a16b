import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake, roles } from "../support/fault-lake.ts";
import { createRandom, planFault } from "../support/fault-plan.ts";
import { findDamage, runUnderFault } from "../support/fault-run.ts";

/**
 * Every failpoint once and six faults by chance, which with those of the files beside this one makes more than forty;
 * any number with `npm run faults -- --runs N`.
 */
const runs = Number(process.env["LAKEFLEET_FAULT_RUNS"] ?? 30);
const seed = Number(process.env["LAKEFLEET_FAULT_SEED"] ?? Date.now() % 1_000_000);
/** After each run the whole lake is verified, so a lake of many runs would cost more than its faults. */
const runsPerLake = 11;

console.log(`fault seed: ${seed}`);
const random = createRandom(seed);
for (let first = 0; first < runs; first += runsPerLake) {
  describe(`lake of runs ${first} and up, seed ${seed}`, () => {
    let lake: FaultLake;

    beforeAll(async () => {
      lake = await openFaultLake();
      await Promise.all(roles.map((role) => lake.start(role)));
    }, 60_000);

    afterAll(() => lake?.close());

    for (let run = first; run < Math.min(runs, first + runsPerLake); run++) {
      const fault = planFault(run, random);
      test(`run ${run}: nothing is lost, doubled or damaged after ${JSON.stringify(fault)}`, async () => {
        const dataset = `fault-${run}`;
        await runUnderFault(lake, { dataset, fault });
        expect(await findDamage(lake, [dataset])).toEqual([]);
      }, 180_000);
    }
  });
}

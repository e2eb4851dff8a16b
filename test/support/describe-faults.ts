import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultLake, openFaultLake, roles } from "./fault-lake.ts";
import { type Fault, rolesStruckBy } from "./fault-plan.ts";
import { findDamage, runUnderFault } from "./fault-run.ts";

/** After each run the whole lake is verified, so a lake of many runs would cost more than its faults. */
const runsPerLake = 12;

/** One test for each fault: it strikes while files are taken in, and afterwards nothing is lost, doubled or damaged. */
export function describeFaults(name: string, faults: readonly Fault[]): void {
  for (let first = 0; first < faults.length; first += runsPerLake) {
    const ofLake = faults.slice(first, first + runsPerLake);
    describe(`${name}, lake of runs ${first} and up`, () => {
      let lake: FaultLake;

      beforeAll(async () => {
        lake = await openFaultLake();
        const struck = new Set(ofLake.flatMap(rolesStruckBy));
        const others = roles.filter((role) => !struck.has(role));
        await Promise.all([lake.startTogether(others), ...[...struck].map((role) => lake.start(role))]);
      }, 60_000);

      afterAll(() => lake?.close());

      for (const [place, fault] of ofLake.entries()) {
        const run = first + place;
        test(`run ${run}: nothing is lost, doubled or damaged after ${JSON.stringify(fault)}`, async () => {
          const dataset = `fault-${run}`;
          const died = await runUnderFault(lake, { dataset, fault });
          // A later pass than the first may not come to be.
          const doomed = fault.kind === "failpoint" ? fault.deaths.filter(({ pass }) => pass === 1) : [];
          const deathsOf = Map.groupBy(doomed, ({ role }) => role);
          for (const [role, deaths] of deathsOf)
            expect([role, died.get(role)]).toEqual([role, deaths.length]);
          expect(await findDamage(lake, [dataset])).toEqual([]);
        }, 180_000);
      }
    });
  }
}

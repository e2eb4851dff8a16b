import { createRandom } from "@lakefleet/lib/generation/format/seeded-random.ts";
import { describeFaults } from "../support/describe-faults.ts";
import { drawFault } from "../support/fault-plan.ts";

/** With the failpoints and the other files beside this one more than forty; any number with `npm run faults -- --runs N`. */
const runs = Number(process.env["LAKEFLEET_FAULT_RUNS"] ?? 6);
const seed = Number(process.env["LAKEFLEET_FAULT_SEED"] ?? Date.now() % 1_000_000);

console.log(`fault seed: ${seed}`);
const random = createRandom(seed);
describeFaults(
  `faults by chance, seed ${seed}`,
  Array.from({ length: runs }, () => drawFault(random)),
);

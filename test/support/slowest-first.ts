import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes a minute and more beside other files, longest first. */
const slowest = [
  "faults/failpoints.test.ts",
  "e2e/cli.test.ts",
  "faults/model-migration.test.ts",
  "faults/trials.test.ts",
  "faults/database-worker.test.ts",
  "faults/database-cuts.test.ts",
  "e2e/cli-database.test.ts",
];

/**
 * Begins with the files that take longest, so that none of them runs on alone at the end. In a fresh clone nobody knows
 * how long a file took, and vitest takes the largest for the slowest, while those of faults are the smallest.
 */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => placeOf(left) - placeOf(right));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = slowest.findIndex((name) => moduleId.endsWith(`/test/${name}`));
  return place === -1 ? slowest.length : place;
}

import { runForeground } from "./run-foreground.mjs";
import { readVitestReport, vitestArguments } from "./vitest-report.mjs";

const usage = "npm run faults -- [--runs N] [--seed S]";

/**
 * Runs the fault tests any number of times over. They read LAKEFLEET_FAULT_RUNS and LAKEFLEET_FAULT_SEED, and print
 * the seed of what fails.
 */
export async function runFaults(project, parameters) {
  const environment = {};
  for (let position = 0; position < parameters.length; position += 2) {
    const value = parameters[position + 1] ?? "";
    if (!/^\d+$/.test(value)) throw new Error(`${parameters[position]} takes a number: ${usage}`);
    if (parameters[position] === "--runs") environment.LAKEFLEET_FAULT_RUNS = value;
    else if (parameters[position] === "--seed") environment.LAKEFLEET_FAULT_SEED = value;
    else throw new Error(`${parameters[position]} is no option: ${usage}`);
  }
  // A thousand runs in one test take as long as they take.
  const { parameters: vitest, reportFile } = vitestArguments(
    ["faults"],
    ["--testTimeout=0", "--hookTimeout=0"],
  );
  const code = await runForeground(project, { arguments: vitest, environment });
  const { passed, failed } = readVitestReport(reportFile, code);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

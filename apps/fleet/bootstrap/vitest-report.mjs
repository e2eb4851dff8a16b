import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** The arguments that run some of the test projects, and the file in which the counts will stand. */
export function vitestArguments(projects, more = []) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lakefleet-vitest-"));
  const reportFile = path.join(folder, "report.json");
  const parameters = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...more,
  ];
  return { parameters, reportFile };
}

/**
 * Reads the counts and removes the file. What did not run has not passed: a skipped test, a file that does not load, a
 * run without a single test and one that ends without a report all count as failed.
 */
export function readVitestReport(reportFile, exitCode) {
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8"));
    const skipped = report.numPendingTests + report.numTodoTests;
    if (skipped > 0) console.log(`${skipped} tests were skipped; they count as failed.`);
    const passed = report.numPassedTests;
    const failed = report.numFailedTests + skipped;
    const broken = exitCode !== 0 || passed + failed === 0;
    return { passed, failed: failed === 0 && broken ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(path.dirname(reportFile), { recursive: true, force: true });
  }
}

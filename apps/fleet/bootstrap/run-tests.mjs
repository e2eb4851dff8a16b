import { runForeground } from "./run-foreground.mjs";
import { verify } from "./run-verify.mjs";
import { readVitestReport, vitestArguments } from "./vitest-report.mjs";

// One after another: they start fleets and measure limits, and would disturb each other side by side.
const projects = ["property", "integration", "bad-input", "faults", "e2e"];

/** Everything: the checks without a service, then every test project. The last line has the counts. */
export async function runTests(project) {
  const { failed: verifyFailed, totals } = await verify(project);
  for (const name of projects) {
    const startedAt = Date.now();
    const { parameters, reportFile } = vitestArguments([name]);
    const code = await runForeground(project, { arguments: parameters });
    const counts = readVitestReport(reportFile, code);
    totals.passed += counts.passed;
    totals.failed += counts.failed;
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${counts.failed === 0 ? "ok    " : "FAILED"}  ${name.padEnd(16)} ${seconds.padStart(5)} s`);
    if (code > 128) return code;
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return verifyFailed || totals.failed > 0 ? 1 : 0;
}

import { runForeground } from "./run-foreground.mjs";
import { verify } from "./run-verify.mjs";
import { readVitestReport, vitestArguments } from "./vitest-report.mjs";

/** One after another. Faults spend half their time waiting for a takeover, so more of them share the cores. */
const projects = [
  { name: "property", workers: 2 },
  { name: "integration", workers: 2 },
  { name: "bad-input", workers: 2 },
  { name: "faults", workers: 3 },
  { name: "e2e", workers: 2 },
];

/** Everything: the checks without a service, then every test project. The last line has the counts. */
export async function runTests(project) {
  const { failed: verifyFailed, totals } = await verify(project);
  for (const { name, workers } of projects) {
    const startedAt = Date.now();
    const { parameters, reportFile } = vitestArguments([name], [`--maxWorkers=${workers}`]);
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

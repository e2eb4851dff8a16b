import { runForeground } from "./run-foreground.mjs";
import { verify } from "./run-verify.mjs";
import { readVitestReport, vitestArguments } from "./vitest-report.mjs";

/**
 * One group after another, the files of a group side by side. Faults spend half their time waiting for a takeover, so
 * more of them share the cores.
 */
const groups = [
  { projects: ["property", "integration", "bad-input"], workers: 3 },
  { projects: ["faults", "e2e"], workers: 4 },
];

/** Everything: the checks without a service, then every test project. The last line has the counts. */
export async function runTests(project) {
  const { failed: verifyFailed, totals } = await verify(project);
  for (const { projects, workers } of groups) {
    const startedAt = Date.now();
    const { parameters, reportFile } = vitestArguments(projects, [`--maxWorkers=${workers}`]);
    const code = await runForeground(project, { arguments: parameters });
    const counts = readVitestReport(reportFile, code);
    totals.passed += counts.passed;
    totals.failed += counts.failed;
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
    const state = counts.failed === 0 ? "ok    " : "FAILED";
    console.log(`${state}  ${projects.join(", ").padEnd(32)} ${seconds.padStart(5)} s`);
    if (code > 128) return code;
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return verifyFailed || totals.failed > 0 ? 1 : 0;
}

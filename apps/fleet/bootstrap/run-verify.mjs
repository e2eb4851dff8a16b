import { runQuietly } from "./run-quietly.mjs";
import { readVitestReport, vitestArguments } from "./vitest-report.mjs";

/**
 * Every check that needs no service, but for the dependency rule, which a test of `architecture` holds the repository to.
 * Each works alone; together they use the cores that one leaves idle.
 */
const checks = [
  {
    name: "format and lint",
    arguments: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  },
  // Each of several checkers works out the same types again, in time that the other checks need.
  { name: "types", arguments: ["node_modules/tsc7/bin/tsc", "--noEmit", "--singleThreaded"] },
  { name: "dead code", arguments: ["node_modules/knip/bin/knip.js"] },
];

const testProjects = ["unit", "architecture"];

/** Runs all checks side by side, a line each, and gives 0 where all of them pass. */
export async function runVerify(project) {
  const { failed, totals } = await verify(project);
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return failed ? 1 : 0;
}

/** The same, without the last line, for `test` to go on from. */
export async function verify(project) {
  const outcomes = await Promise.all([
    ...checks.map((check) => runCheck(project, check)),
    runUnitTests(project),
  ]);
  const totals = { passed: 0, failed: 0 };
  for (const outcome of outcomes) {
    totals.passed += outcome.totals?.passed ?? 0;
    totals.failed += outcome.totals?.failed ?? 0;
  }
  return { failed: outcomes.some(({ ok }) => !ok), totals };
}

async function runCheck(project, check) {
  const startedAt = Date.now();
  const { code, output } = await runQuietly(project.node, check.arguments, {
    cwd: project.root,
    env: project.environment,
  });
  return report({ name: check.name, ok: code === 0, startedAt, output });
}

async function runUnitTests(project) {
  const startedAt = Date.now();
  const { parameters, reportFile } = vitestArguments(testProjects, ["--maxWorkers=2"]);
  const { code, output } = await runQuietly(project.node, parameters, {
    cwd: project.root,
    env: project.environment,
  });
  const totals = readVitestReport(reportFile, code);
  return { ...report({ name: "unit tests", ok: totals.failed === 0, startedAt, output }), totals };
}

function report({ name, ok, startedAt, output }) {
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(16)} ${seconds.padStart(5)} s`);
  if (!ok) console.log(output.trimEnd());
  return { ok };
}

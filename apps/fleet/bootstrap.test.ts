import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const folder = path.dirname(fileURLToPath(import.meta.url));

describe("the bootstrap", () => {
  test("names its commands where it is asked for another one", () => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(folder, "bootstrap.mjs"), "fly"], {
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("start, verify, test, faults");
  });

  test.each<[string, object | undefined, number, object]>([
    ["a clean run", { numPassedTests: 3, numFailedTests: 0 }, 0, { passed: 3, failed: 0 }],
    ["a failed test", { numPassedTests: 3, numFailedTests: 1 }, 1, { passed: 3, failed: 1 }],
    ["a skipped test", { numPassedTests: 3, numPendingTests: 2 }, 0, { passed: 3, failed: 2 }],
    ["a file that does not load", { numPassedTests: 3 }, 1, { passed: 3, failed: 1 }],
    ["a run without a test", {}, 0, { passed: 0, failed: 1 }],
    ["a run without a report", undefined, 0, { passed: 0, failed: 1 }],
  ])("counts %s", (_, report, exitCode, expected) => {
    expect(countReport(report, exitCode)).toEqual(expected);
  });
});

function countReport(report: object | undefined, exitCode: number): unknown {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "lakefleet-report-")), "report.json");
  const zeros = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  if (report !== undefined) writeFileSync(file, JSON.stringify({ ...zeros, ...report }));
  const script = `
    import { readVitestReport } from ${JSON.stringify(path.join(folder, "bootstrap/vitest-report.mjs"))};
    console.log(JSON.stringify(readVitestReport(${JSON.stringify(file)}, ${exitCode})));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

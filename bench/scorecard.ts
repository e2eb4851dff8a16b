import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { rowNames } from "./scorecard/contenders.ts";
import type { Phase } from "./scorecard/measurement.ts";
import { printScorecard } from "./scorecard/print-scorecard.ts";
import { type Results, readResults, writeResults } from "./scorecard/results-file.ts";
import { runPhase } from "./scorecard/run-phase.ts";
import type { Workload } from "./scorecard/workload.ts";
import { printHeading } from "./support/print-report.ts";

/**
 * Every engine beside Lakefleet over the same vectors and queries: build, disk, memory, cold load, search, rows by id,
 * append. `node bench/scorecard.ts [--count 20000] [--only usearch-i8,lance-ivf_rq] [--phases build,search,append]
 * [--out results.json] [--resume] [--seconds 600]`. All rows of 100,000 × 768 take about 20 minutes and 8 GB; after
 * `--seconds` nothing more is begun, and `--resume` goes on from there.
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "200" },
    append: { type: "string", default: "10000" },
    threads: { type: "string", default: String(availableParallelism()) },
    only: { type: "string", default: rowNames.join(",") },
    phases: { type: "string", default: "build,search,append" },
    out: { type: "string" },
    resume: { type: "boolean", default: false },
    seconds: { type: "string", default: "Infinity" },
  },
});
const size = {
  count: Number(values.count),
  dimension: Number(values.dimension),
  queryCount: Number(values.queries),
  appendCount: Number(values.append),
};
const folder = path.join(
  import.meta.dirname,
  "..",
  "data",
  "bench",
  `scorecard-${size.count}x${size.dimension}`,
);
const workload: Workload = { ...size, folder, threads: Number(values.threads) };
const out = values.out ?? path.join(folder, "results.json");
const only = values.only.split(",");
const unknown = only.filter((name) => !rowNames.includes(name));
if (unknown.length > 0)
  throw new Error(`No such row: ${unknown.join(", ")}. There are ${rowNames.join(", ")}.`);

const until = performance.now() + 1_000 * Number(values.seconds);

printHeading("Scorecard");
await mkdir(folder, { recursive: true });
const before = values.resume ? await readResults(out) : undefined;
const results: Results = { ...size, rows: before?.rows ?? {} };
await runPhase({ phase: "prepare", workload });
for (const row of rowNames.filter((name) => only.includes(name))) {
  for (const phase of values.phases.split(",") as Phase[]) {
    if (results.rows[row]?.[phase] !== undefined || performance.now() > until) continue;
    console.error(`${new Date().toISOString()} ${row}: ${phase}`);
    const found = await runPhase({ phase, row, folder: path.join(folder, "rows", row), workload });
    results.rows[row] = { label: row, ...results.rows[row], ...found };
    await writeResults(out, results);
  }
}
printScorecard({ ...results, rows: inOrder(results.rows) });

function inOrder(rows: Results["rows"]): Results["rows"] {
  return Object.fromEntries(
    rowNames.flatMap((name) => (rows[name] === undefined ? [] : [[name, rows[name]]])),
  );
}

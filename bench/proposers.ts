import { parseArgs } from "node:util";
import { defineSpace } from "@lakefleet/lib/trial/propose/default-space.ts";
import type { Proposal, TrialPoint } from "@lakefleet/lib/trial/propose/proposer.ts";
import { findProposer, type ProposerName, proposerNames } from "@lakefleet/lib/trial/propose/proposers.ts";
import type { SearchSpace } from "@lakefleet/lib/trial/propose/search-space.ts";
import { median, printHeading, printTable } from "./support/print-report.ts";
import { listTables, readTable, type TrialTable } from "./support/trial-table.ts";

/**
 * Replays every proposer over recorded trial tables: `node bench/proposers.ts [--seeds 20]`. A replay ends when it has
 * used as much processor time as building `--builds` average graphs takes; each proposer gets the same.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20" },
    builds: { type: "string", default: "12" },
    tables: { type: "string" },
    target: { type: "string", default: "0.99" },
  },
});
const seedCount = Number(values.seeds);
const recallTarget = Number(values.target);
/** The agent's default: a smaller gain is not worth a new generation. */
const gainMin = 0.05;
/** A trial asks a few hundred queries five times, and opens the graph. */
const queriesPerTrial = 1_000;
const openingMs = 300;
/** Three sessions of the agent. */
const trialsMax = 60;

interface Run {
  /** Until the best found was within 2 % of the best there is; undefined where the budget ended before. */
  trials: number | undefined;
  cpuSeconds: number | undefined;
  /** How much slower than the best point the best one found was, after 20 trials and at the end. */
  regretAt20: number;
  regret: number;
  /** Less than the budget where the proposer saw nothing that promised enough. */
  cpuSecondsInAll: number;
}

printHeading("Proposers replayed over recorded trials");
const tables = values.tables?.split(",") ?? (await listTables());
if (tables.length === 0) console.log("No table is recorded; see bench/record-trials.ts.");
for (const name of tables) {
  const table = await readTable(name);
  const budgetMs = Number(values.builds) * averageBuildMs(table);
  const best = bestPoint(table);
  console.log(
    `Table ${table.name}: ${table.graphs.filter(({ share }) => share === 1).length} graphs × ` +
      `${effortsOf(table).length} efforts over ${table.count} × ${table.dimension} (${table.source}); ${seedCount} seeds; ` +
      `${(budgetMs / 1000).toFixed(0)} s of processor time each; target recall ${recallTarget}; best ${best.toFixed(4)} ms.\n`,
  );
  printTable(
    [
      "proposer",
      "within 2 %",
      "median trials",
      "worst",
      "median CPU s",
      "p50 over best: at 20 trials",
      "at the end",
      "median CPU s in all",
    ],
    proposerNames.map((proposer) => summarise(proposer, runAll(proposer, { table, budgetMs, best }))),
  );
}

interface World {
  table: TrialTable;
  budgetMs: number;
  best: number;
}

function runAll(name: ProposerName, world: World): Run[] {
  return Array.from({ length: seedCount }, (_, seed) => replay(name, seed, world));
}

function replay(name: ProposerName, seed: number, { table, budgetMs, best }: World): Run {
  const space = spaceOf(table);
  const history: TrialPoint[] = [];
  const built = new Set<string>();
  const run: Run = {
    trials: undefined,
    cpuSeconds: undefined,
    regretAt20: Infinity,
    regret: Infinity,
    cpuSecondsInAll: 0,
  };
  let spentMs = 0;
  while (history.length < trialsMax) {
    const proposal = findProposer(name).propose({
      space,
      history,
      seed,
      objective: { recallTarget, gainMin },
    });
    if (proposal === undefined) break;
    const trial = measure(table, proposal);
    spentMs += openingMs + trial.p50Ms * queriesPerTrial + (built.has(trial.graph) ? 0 : trial.buildMs);
    if (spentMs > budgetMs) break;
    run.cpuSecondsInAll = spentMs / 1_000;
    built.add(trial.graph);
    const { recall, p50Ms, buildMs } = trial;
    const { parameters, sampleShare } = proposal;
    history.push({ parameters, sampleShare, measured: { recall, p50Ms, buildMs } });
    if (sampleShare === 1 && recall >= recallTarget) run.regret = Math.min(run.regret, p50Ms / best - 1);
    if (history.length <= 20) run.regretAt20 = run.regret;
    if (run.trials === undefined && run.regret <= 0.02) {
      run.trials = history.length;
      run.cpuSeconds = spentMs / 1000;
    }
  }
  return run;
}

function measure(table: TrialTable, { parameters, sampleShare }: Proposal) {
  if (parameters.backend !== "hnsw") throw new Error("the tables are of graphs");
  const { quantization, connectivity, expansionBuild, expansionSearch } = parameters;
  const graph = table.graphs.find(
    (one) =>
      one.share === sampleShare &&
      one.quantization === quantization &&
      one.connectivity === connectivity &&
      one.expansionBuild === expansionBuild,
  );
  const place = table.efforts.indexOf(expansionSearch);
  if (graph === undefined || place < 0) throw new Error(`not in the table: ${JSON.stringify(parameters)}`);
  return {
    graph: [sampleShare, quantization, connectivity, expansionBuild].join(),
    recall: graph.recall[place]!,
    p50Ms: graph.p50Us[place]! / 1000,
    buildMs: graph.buildCpuMs,
  };
}

function spaceOf(table: TrialTable): SearchSpace {
  const valuesOf = <Key extends "quantization" | "connectivity" | "expansionBuild">(key: Key) => [
    ...new Set(table.graphs.map((graph) => graph[key])),
  ];
  const bounds = {
    quantization: valuesOf("quantization"),
    connectivity: valuesOf("connectivity"),
    expansionBuild: valuesOf("expansionBuild"),
    expansionSearch: effortsOf(table),
  };
  return defineSpace("hnsw", { dimension: table.dimension, vectorCount: table.count, bounds });
}

/** Below 30 a search takes as long, since it compares so many exactly. */
function effortsOf({ efforts }: TrialTable): number[] {
  return efforts.filter((effort) => effort >= 30);
}

function averageBuildMs({ graphs }: TrialTable): number {
  const full = graphs.filter(({ share }) => share === 1);
  return full.reduce((sum, { buildCpuMs }) => sum + buildCpuMs, 0) / full.length;
}

/** The least p50 among all configurations that reach the target. */
function bestPoint(table: TrialTable): number {
  const reaching = table.graphs
    .filter(({ share }) => share === 1)
    .flatMap(({ recall, p50Us }) =>
      p50Us.filter((_, place) => recall[place]! >= recallTarget && table.efforts[place]! >= 30),
    );
  return Math.min(...reaching) / 1000;
}

function summarise(name: ProposerName, runs: readonly Run[]): (string | number)[] {
  const reached = runs.flatMap(({ trials, cpuSeconds }) =>
    trials === undefined || cpuSeconds === undefined ? [] : [{ trials, cpuSeconds }],
  );
  // A run that never came so near counts as longer than any that did.
  const middle = (times: number[]) => {
    const all = [
      ...times,
      ...Array.from({ length: runs.length - times.length }, () => Number.POSITIVE_INFINITY),
    ];
    return median(all);
  };
  const trials = middle(reached.map((run) => run.trials));
  const seconds = middle(reached.map((run) => run.cpuSeconds));
  const worst =
    reached.length < runs.length ? Number.POSITIVE_INFINITY : Math.max(...reached.map((run) => run.trials));
  const percent = (share: number) =>
    Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "none reached it";
  const figure = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
  return [
    name,
    `${reached.length} of ${runs.length}`,
    figure(trials, 0),
    figure(worst, 0),
    figure(seconds, 0),
    percent(median(runs.map(({ regretAt20 }) => regretAt20))),
    percent(median(runs.map(({ regret }) => regret))),
    median(runs.map(({ cpuSecondsInAll }) => cpuSecondsInAll)).toFixed(0),
  ];
}

import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readDecisions } from "@lakefleet/lib/agent/agent-decision.ts";
import { agentSettingsLog } from "@lakefleet/lib/agent/agent-settings.ts";
import { replayDecisions } from "@lakefleet/lib/agent/replay.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { trialKey } from "@lakefleet/lib/trial/configuration-key.ts";
import { readJournal } from "@lakefleet/lib/trial/trial-journal.ts";
import type { JournalRecord, TrialRecord } from "@lakefleet/lib/trial/trial-record.ts";
import type { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { type BenchFleet, makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { makeClusteredVectors } from "./support/clustered-index.ts";
import { compareWithDefaults } from "./support/compare-with-defaults.ts";
import { describeLoad, printHeading, printTable, verdict } from "./support/print-report.ts";
import { buildHnswlib, commitQueries, makeUntunedLake, untuned } from "./support/untuned-lake.ts";
import { openVectorLake } from "./support/vector-lake.ts";

/**
 * The agent left alone with an untuned index: `node bench/agent.ts [--count 100000] [--proposer bayesian] [--kills 6]
 * [--cache DIR]`. With `--kills`, agent and trial worker are killed that often while it works. The cache keeps the
 * untuned index and hnswlib's graph, which take as long to build as the agent may take in all; `--prepare` ends with them.
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "1000" },
    proposer: { type: "string", default: "bayesian" },
    trials: { type: "string", default: "20" },
    kills: { type: "string", default: "0" },
    cache: { type: "string" },
    prepare: { type: "boolean", default: false },
  },
});
const [count, dimension, queryCount] = [
  Number(values.count),
  Number(values.dimension),
  Number(values.queries),
];
const telemetry = silentTelemetry();
const evalSet = "fresh";
/** Twice what is asked for, so that a run that misses its limit says by how much. */
const giveUpMs = 1_800_000;

printHeading("The agent, left alone with an untuned index");
const dataFolder = await makeBenchFolder("agent");
const data = makeClusteredVectors({ count, dimension, queryCount });
try {
  await makeUntunedLake({ dataFolder, data, cache: values.cache });
  if (values.prepare && values.cache !== undefined) await buildHnswlib(data, values.cache);
  else await tuneAndCompare();
  console.log(describeLoad("after"));
} finally {
  await rm(dataFolder, { recursive: true, force: true });
}

async function tuneAndCompare(): Promise<void> {
  const lake = await openVectorLake(dataFolder, { parameters: untuned });
  await commitQueries(lake, evalSet, data.queries);
  console.log(`${count} clustered vectors of ${dimension} values, ${queryCount} held-out queries.\n`);
  const fleet = await startBenchFleet({ dataFolder, environment: { LAKEFLEET_WORKER_LOCK_MS: "5000" } });
  try {
    const minutes = await letTune(fleet, lake.index);
    const journal = await readJournal({ store: lake.store, index: lake.index, telemetry });
    printJournal(journal);
    await checkReplay(lake, journal);
    const folder = await buildHnswlib(data, values.cache ?? dataFolder);
    printOutcome(minutes, journal, await compareWithDefaults({ lake, data, folder, k: 10 }));
  } finally {
    await fleet.stop();
  }
}

interface Status {
  indexes: { thinks: { action: string; why: string } | null }[];
}

/** Begins a session and waits for its end, killing what it is told to on the way; the minutes that it took. */
async function letTune(fleet: BenchFleet, index: string): Promise<number> {
  const begin = performance.now();
  await post(`${fleet.url}/vectors/agent/enqueue/${index}`, {
    proposer: values.proposer,
    trials_max: Number(values.trials),
    eval_set: evalSet,
  });
  const kills = Number(values.kills);
  let killed = 0;
  let begunAt = 0;
  let last = "";
  for (;;) {
    const status = (await (await fetch(`${fleet.url}/vectors/agent/status`)).json()) as Status;
    const thinks = status.indexes[0]?.thinks;
    const elapsedMs = performance.now() - begin;
    const thought = thinks ? `${thinks.action}: ${thinks.why}` : last;
    if (thought !== last && thinks?.action === "propose") begunAt = elapsedMs;
    if (thought !== last) console.log(`${(elapsedMs / 1000).toFixed(0).padStart(5)} s  ${thought}`);
    last = thought;
    const isOver = thinks?.action === "finish" || thinks?.why.startsWith("The session is finished");
    if (isOver || elapsedMs > giveUpMs) break;
    // In the middle of a trial, and each one once: a job that outlives two workers is quarantined, as it should be.
    if (killed < kills && begunAt > 0 && elapsedMs > begunAt + 2_000) {
      await killWorkers(fleet, elapsedMs);
      killed += 1;
      begunAt = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.log(`\nAgent and trial worker were killed ${killed} times.\n`);
  return (performance.now() - begin) / 60_000;
}

async function killWorkers(fleet: BenchFleet, elapsedMs: number): Promise<void> {
  const victims = (await fleet.processes()).filter(({ name }) => name === "agent" || name === "trial");
  for (const { pid } of victims) process.kill(pid, "SIGKILL");
  console.log(
    `${(elapsedMs / 1000).toFixed(0).padStart(5)} s  kill -9 ${victims.map(({ name }) => name).join(", ")}`,
  );
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

function printJournal(journal: readonly JournalRecord[]): void {
  printTable(
    ["record", "configuration", "recall", "p50 ms", "build s", "why"],
    journal.map((record) => {
      if (record.kind === "promotion") return ["promotion", record.outcome, "", "", "", record.why];
      const configuration = describe(record.parameters);
      if (record.kind === "failure") return ["failure", configuration, "", "", "", record.message];
      const build = record.graphReused ? "reused" : (record.buildMs / 1000).toFixed(1);
      return ["trial", configuration, record.recall.toFixed(4), record.p50Ms.toFixed(3), build, record.why];
    }),
  );
}

function describe(parameters: IndexParameters): string {
  if (parameters.backend !== "hnsw") return JSON.stringify(parameters);
  const { quantization, connectivity, expansionBuild, expansionSearch } = parameters;
  return `${quantization} M ${connectivity} efc ${expansionBuild} ef ${expansionSearch}`;
}

/** Every decision, made again from what the journal held then. */
async function checkReplay(
  { store, index }: Awaited<ReturnType<typeof openVectorLake>>,
  journal: readonly JournalRecord[],
): Promise<void> {
  const settings = await Array.fromAsync(agentSettingsLog(store, index).history({ limit: 1_000 }));
  const decisions = await readDecisions({ store, index, telemetry });
  const replayed = replayDecisions({ index, decisions, journal, settings });
  const same = replayed.filter(({ isSame }) => isSame).length;
  console.log(`Replayed offline: ${same} of ${decisions.length} decisions are the same.\n`);
}

function printOutcome(
  minutes: number,
  journal: readonly JournalRecord[],
  { promoted, defaults }: Awaited<ReturnType<typeof compareWithDefaults>>,
): void {
  const trials = journal.filter((record): record is TrialRecord => record.kind === "trial");
  const keys = trials.map(({ parameters, corpus, sampleShare }) => trialKey(parameters, corpus, sampleShare));
  const promotions = journal.filter((record) => record.kind === "promotion" && record.outcome === "promoted");
  const faster = defaults.p50Ms / promoted.p50Ms;
  printTable(
    ["side by side, in one process", "recall@10", "p50 ms"],
    [
      [`promoted: ${describe(promoted.parameters)}`, promoted.recall.toFixed(4), promoted.p50Ms.toFixed(3)],
      ["hnswlib M 16, efc 200, ef 100", defaults.recall.toFixed(4), defaults.p50Ms.toFixed(3)],
    ],
  );
  printTable(
    ["measure", "value", "limit"],
    [
      ["promotions by the agent", promotions.length, verdict(promotions.length, { least: 1 })],
      ["recall of what it promoted", promoted.recall.toFixed(4), verdict(promoted.recall, { least: 0.99 })],
      ["times faster than hnswlib's defaults", faster.toFixed(2), verdict(faster, { least: 2 })],
      ["trials", trials.length, verdict(trials.length, { most: 20 })],
      [
        "trials that repeat another",
        trials.length - new Set(keys).size,
        verdict(trials.length - new Set(keys).size, { most: 0 }),
      ],
      ["minutes until it served", minutes.toFixed(1), verdict(minutes, { most: 15 })],
    ],
  );
}

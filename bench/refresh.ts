import { rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { followJob } from "./support/follow-job.ts";
import { generateFile } from "./support/generate-file.ts";
import { describeLoad, median, printHeading, printTable, verdict } from "./support/print-report.ts";
import { openRefreshLake, type RefreshRun } from "./support/refresh-lake.ts";
import { uploadFile } from "./support/send-file.ts";

/**
 * What a refresh costs beside the full build of the same index, for deltas of several sizes, and how soon an appended
 * row is found: `node bench/refresh.ts [--sizes 20000,100000] [--deltas 0,1,100,1000,10000] [--appends 20]`
 */
const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "20000,100000" },
    deltas: { type: "string", default: "0,1,100,1000,10000" },
    appends: { type: "string", default: "20" },
  },
});
const sizes = values.sizes.split(",").map(Number);
const deltas = values.deltas.split(",").map(Number);
/** What the curve is to stay below: a hundred rows, and a refresh that finds nothing to do. */
const limits = { hundredShare: 0.02, noopMs: 50, unmovedMs: 5, searchableMs: 3_000 };
const looks = 20;
/** A process that has just started is slower at everything, and a machine has its moments. */
const repeats = 3;

printHeading("Refreshing an index");
const folder = await makeBenchFolder("refresh");
try {
  for (const size of sizes) {
    const file = path.join(folder, `texts-${size}.csv`);
    await generateFile("generate-texts.ts", ["--rows", String(size), "--seed", "1"], file);
    await measureDeltas(size, file);
  }
  const largest = Math.max(...sizes);
  if (Number(values.appends) > 0) await measureAppends(largest, path.join(folder, `texts-${largest}.csv`));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(describeLoad("at the end"));

async function measureDeltas(size: number, file: string): Promise<void> {
  const lake = await openRefreshLake({ folder: path.join(folder, `lake-${size}`), csv: file, size });
  const full = await lake.refresh({ delta: 0, round: 0 });
  const unmoved = await timesOf(looks, () => lake.lookForWork());
  const again = await timesOf(looks, () => lake.readAgain());
  const rows = [rowOf("full build", full, full)];
  for (const [place, delta] of deltas.entries()) {
    const runs: RefreshRun[] = [];
    for (let turn = 1; turn <= repeats; turn += 1) {
      runs.push(await lake.refresh({ delta, round: repeats * place + turn }));
    }
    rows.push(rowOf(`${delta} changed`, medianOf(runs), full));
  }
  console.log(`\n${size} rows, milliseconds\n`);
  printTable(
    ["refresh", "rows", "embed", "build", "gate", "promote", "in all", "of the full build", "how"],
    rows,
  );
  console.log(
    `Version not moved: ${unmoved.toFixed(2)} ms, ${verdict(unmoved, { most: limits.unmovedMs })}. ` +
      `Source read again and equal: ${again.toFixed(2)} ms, ${verdict(again, { most: limits.noopMs })}.`,
  );
}

/** The run in the middle by all that it took. */
function medianOf(runs: readonly RefreshRun[]): RefreshRun {
  const sorted = runs.toSorted((one, other) => sum(one.milliseconds) - sum(other.milliseconds));
  return sorted[sorted.length >> 1] as RefreshRun;
}

function rowOf(name: string, run: RefreshRun, full: RefreshRun): string[] {
  const { milliseconds, how } = run;
  const total = sum(milliseconds);
  const share = total / sum(full.milliseconds);
  const judged = name === "100 changed" ? `, ${verdict(share, { most: limits.hundredShare })}` : "";
  const steps = ["rows", "embed", "build", "gate", "promote"].map((step) =>
    (milliseconds[step] ?? 0).toFixed(0),
  );
  return [name, ...steps, total.toFixed(0), `${(share * 100).toFixed(1)} %${judged}`, how];
}

function sum(milliseconds: Record<string, number>): number {
  return Object.values(milliseconds).reduce((total, value) => total + value, 0);
}

async function timesOf(count: number, task: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let time = 0; time < count; time += 1) {
    const begin = performance.now();
    await task();
    durations.push(performance.now() - begin);
  }
  return median(durations);
}

/** Over the whole fleet: from the request with a new row to the search that finds it. */
async function measureAppends(size: number, file: string): Promise<void> {
  const fleet = await startBenchFleet();
  try {
    const fields = { dataset: "texts", text_columns: "text", id_column: "id" };
    await followJob({ url: fleet.url, job: await uploadFile({ url: fleet.url, file, fields }) });
    const durations: number[] = [];
    for (let place = 0; place < Number(values.appends); place += 1) {
      durations.push(await appendAndFind(fleet.url, size + 1 + place));
    }
    const [p50, p95] = [quantile(durations, 0.5), quantile(durations, 0.95)];
    console.log(
      `\nOne row appended to ${size}, ${durations.length} times: found after p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, ` +
        `${verdict(p95, { most: limits.searchableMs })}.`,
    );
  } finally {
    await fleet.stop();
  }
}

async function appendAndFind(url: string, id: number): Promise<number> {
  const word = `appended${id}`;
  const begin = performance.now();
  await postJson(`${url}/datasets/texts/rows`, { rows: [{ id, text: `the row ${word} has just come` }] });
  for (;;) {
    const search = { index: "texts", query: word, k: 1, mode: "lexical" };
    const { hits } = (await postJson(`${url}/vectors/search`, search)) as { hits: { text: string }[] };
    if (hits[0]?.text.includes(word)) return performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function postJson(url: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

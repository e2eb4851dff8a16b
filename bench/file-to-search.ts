import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { createHashProvider } from "@lakefleet/lib/embedding/hash-provider.ts";
import { createUsearchBuilder } from "@lakefleet/lib/vector/build/usearch-builder.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { type BenchJob, followJob, readJob } from "./support/follow-job.ts";
import { generateFile } from "./support/generate-file.ts";
import { describeLoad, printHeading, printTable, verdict } from "./support/print-report.ts";
import { uploadFile } from "./support/send-file.ts";

/**
 * Short texts from `POST /ingest/file` to a promoted generation, beside the sum of the bare parts, which are embedding
 * the same texts and building a graph of the same vectors: `node bench/file-to-search.ts [--rows 100000]`
 */
const { values } = parseArgs({ options: { rows: { type: "string", default: "100000" } } });
const threads = availableParallelism();
/** About as often as a person looks. */
const sampleEveryMs = 4_000;

printHeading("From a file to a search");
const folder = await makeBenchFolder("texts");
try {
  const file = path.join(folder, "texts.csv");
  await generateFile("generate-texts.ts", ["--rows", values.rows, "--seed", "1"], file);
  const texts = await readTexts(file);
  const length = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  console.log(`${texts.length} rows of ${length.toFixed(0)} characters on average, ${threads} threads.\n`);
  // Once before and once after, so that a machine that gets slower or busier is hard on neither side alone.
  const before = await runBare(texts);
  const ours = await runLakefleet(file);
  const after = await runBare(texts);
  report({ bare: [before, after], ours });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function readTexts(file: string): Promise<string[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(`SELECT text FROM read_csv('${file}') ORDER BY id`);
  const texts = reader.getColumns()[0]?.map(String) ?? [];
  connection.closeSync();
  instance.closeSync();
  return texts;
}

interface Bare {
  embed: number;
  build: number;
}

async function runBare(texts: string[]): Promise<Bare> {
  const provider = createHashProvider({ threads });
  const begin = performance.now();
  const vectors = await provider.embedBatch(texts);
  const embedded = performance.now();
  await provider.close();
  const parameters = IndexParameters.parse({ backend: "hnsw" });
  if (parameters.backend !== "hnsw") throw new Error("the backend was given");
  const { dimension } = provider;
  const started = performance.now();
  const graph = await createUsearchBuilder(parameters, dimension, threads);
  for (let row = 0; row < texts.length; row += 10_000) {
    graph.add(vectors.subarray(row * dimension, (row + 10_000) * dimension), row);
  }
  return { embed: (embedded - begin) / 1_000, build: (performance.now() - started) / 1_000 };
}

interface Progress {
  atSeconds: number;
  step: string;
  progress: NonNullable<BenchJob["progress"]>;
}

interface Ours {
  total: number;
  /** By step, in order; `upload` is from the first byte to the 202. */
  steps: [string, number][];
  progress: Progress[];
}

async function runLakefleet(file: string): Promise<Ours> {
  const fleet = await startBenchFleet();
  try {
    const startedAt = Date.now();
    const fields = {
      dataset: "texts",
      mode: "replace",
      id_column: "id",
      text_columns: "text",
      metadata_columns: "category",
    };
    const job = await uploadFile({ url: fleet.url, file, fields });
    const progress: Progress[] = [];
    const ended = await followJob({
      url: fleet.url,
      job,
      onChange: (change) => keepSample(progress, change, (Date.now() - startedAt) / 1_000),
    });
    let doneAt = Date.parse(ended.created_at);
    const steps: [string, number][] = [["upload", (doneAt - startedAt) / 1_000]];
    for (const child of [...ended.children, { id: ended.id, queue: job.queue }]) {
      const { finished_at } = await readJob(fleet.url, child);
      steps.push([stepOf(child), (Date.parse(finished_at) - doneAt) / 1_000]);
      doneAt = Date.parse(finished_at);
    }
    return { total: (Date.parse(ended.finished_at) - startedAt) / 1_000, steps, progress };
  } finally {
    await fleet.stop();
  }
}

function keepSample(samples: Progress[], { progress, children }: BenchJob, atSeconds: number): void {
  if (progress === null || atSeconds - (samples.at(-1)?.atSeconds ?? 0) < sampleEveryMs / 1_000) return;
  const running = children.find((child) => child.state === "active");
  samples.push({ atSeconds, step: running === undefined ? "promote" : stepOf(running), progress });
}

function stepOf({ id }: { id: string }): string {
  return id.split(".").at(-1) ?? id;
}

function report({ bare, ours }: { bare: Bare[]; ours: Ours }): void {
  const mean = (key: keyof Bare) => bare.reduce((sum, one) => sum + one[key], 0) / bare.length;
  const sum = mean("embed") + mean("build");
  const each = (key: keyof Bare) => bare.map((one) => one[key].toFixed(1)).join(" and ");
  printTable(
    ["", "seconds"],
    [
      [`bare embedding (${each("embed")})`, mean("embed").toFixed(1)],
      [`bare graph build (${each("build")})`, mean("build").toFixed(1)],
      ["sum of the bare parts", sum.toFixed(1)],
      ...ours.steps.map(([name, seconds]) => [`Lakefleet: ${name}`, seconds.toFixed(1)]),
      ["Lakefleet, from POST to promoted", ours.total.toFixed(1)],
    ],
  );
  const ratio = ours.total / sum;
  printTable(["ratio", "limit"], [[ratio.toFixed(2), verdict(ratio, { most: 2 })]]);
  const { progress } = ours;
  printTable(
    ["second", "step", "done", "rate", "ETA in seconds"],
    progress.map(({ atSeconds, step, progress: { done, total, unit, rate, eta_seconds } }) => [
      atSeconds.toFixed(0),
      step,
      `${done} of ${total} ${unit}`,
      rate === null ? "" : `${Math.round(rate)}/s`,
      eta_seconds ?? "",
    ]),
  );
  console.log(describeLoad("after"));
}

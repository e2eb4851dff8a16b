import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { makeBenchFolder, startBenchFleet } from "./support/bench-fleet.ts";
import { followJob } from "./support/follow-job.ts";
import { generateFile } from "./support/generate-file.ts";
import { describeLoad, median, printHeading, printTable, verdict } from "./support/print-report.ts";
import { type AcceptedJob, postJson, uploadFile } from "./support/send-file.ts";

/**
 * One large CSV through the whole fleet beside one bare `COPY (read_csv) TO parquet` of the same file:
 * `node bench/ingest.ts [--bytes 1073741824] [--rounds 3] [--threads 2]`
 */
const { values } = parseArgs({
  options: {
    bytes: { type: "string", default: String(2 ** 30) },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
  },
});

interface Run {
  seconds: number;
  rows: number;
  /** From the 202 to the job's end. */
  jobSeconds?: number;
  gatewayMib?: number;
  ingestMib?: number;
}

printHeading("A large CSV");
const folder = await makeBenchFolder("ingest");
const file = path.join(folder, "orders.csv");
await generateFile("generate-csv.ts", ["--bytes", values.bytes, "--seed", "1"], file);
const fleet = await startBenchFleet({ environment: { LAKEFLEET_INGEST_ROOTS: folder } });
try {
  const ways: Record<string, (round: number) => Promise<Run>> = {
    bare: runBare,
    upload: (round) =>
      runLakefleet(() =>
        uploadFile({
          url: fleet.url,
          file,
          fields: { dataset: `upload${round}`, mode: "replace", index: "none" },
        }),
      ),
    path: (round) =>
      runLakefleet(() =>
        postJson(`${fleet.url}/ingest/path`, {
          dataset: `path${round}`,
          mode: "replace",
          index: "none",
          path: file,
        }),
      ),
  };
  const names = Object.keys(ways);
  const runs: Record<string, Run[]> = { bare: [], upload: [], path: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const place of names.keys()) {
      const name = names[(place + round) % names.length]!;
      await readThrough(file);
      const run = await ways[name]!(round);
      runs[name]!.push(run);
      console.error(`${name}: ${JSON.stringify(run)}`);
    }
  }
  report(runs, (await stat(file)).size);
} finally {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
}

async function runBare(round: number): Promise<Run> {
  const target = path.join(folder, `bare${round}.parquet`);
  const instance = await DuckDBInstance.create(":memory:", { threads: values.threads });
  const connection = await instance.connect();
  const begin = performance.now();
  const result = await connection.runAndReadAll(
    `COPY (SELECT * FROM read_csv('${file}')) TO '${target}' (FORMAT parquet)`,
  );
  const seconds = (performance.now() - begin) / 1_000;
  connection.closeSync();
  instance.closeSync();
  await rm(target);
  return { seconds, rows: Number(result.getRows()[0]?.[0]) };
}

async function runLakefleet(send: () => Promise<AcceptedJob>): Promise<Run> {
  await fleet.forgetPeaks();
  const startedAt = Date.now();
  const job = await send();
  const gatewayMib = fleet.peakRssMib().gateway ?? 0;
  const ended = await followJob({ url: fleet.url, job });
  const finishedAt = Date.parse(ended.finished_at);
  return {
    seconds: (finishedAt - startedAt) / 1_000,
    jobSeconds: (finishedAt - Date.parse(ended.created_at)) / 1_000,
    rows: Number(ended.result?.rowsAdded),
    gatewayMib,
    ingestMib: fleet.peakRssMib().ingest ?? 0,
  };
}

/** Every run finds the file in the page cache. */
async function readThrough(source: string): Promise<void> {
  for await (const _ of createReadStream(source, { highWaterMark: 1 << 20 }));
}

function report(runs: Record<string, Run[]>, byteCount: number): void {
  const bare = median(runs.bare!.map((run) => run.seconds));
  const secondsOf = (name: string, key: "seconds" | "jobSeconds") =>
    median(runs[name]!.map((run) => run[key] ?? Number.NaN));
  const peak = (name: string, key: "gatewayMib" | "ingestMib") =>
    Math.max(...runs[name]!.map((run) => run[key] ?? 0));
  const rows = new Set(Object.values(runs).flatMap((all) => all.map((run) => run.rows)));
  console.log(
    `${byteCount} bytes; rows counted by every run: ${[...rows].join(", ")}; medians of ${values.rounds}.\n`,
  );
  const line = (label: string, seconds: number) => {
    const ratio = seconds / bare;
    return [label, seconds.toFixed(2), ratio.toFixed(2), verdict(ratio, { most: 2 })];
  };
  printTable(
    ["way", "seconds", "ratio to bare", "limit"],
    [
      ["bare DuckDB COPY", bare.toFixed(2), "1.00", ""],
      line("POST /ingest/file, upload included", secondsOf("upload", "seconds")),
      line("its job alone", secondsOf("upload", "jobSeconds")),
      line("POST /ingest/path", secondsOf("path", "seconds")),
    ],
  );
  const worker = Math.max(peak("upload", "ingestMib"), peak("path", "ingestMib"));
  const gateway = peak("upload", "gatewayMib");
  printTable(
    ["memory, highest of all runs", "MiB", "MB", "limit in MB"],
    [
      [
        "ingest worker",
        worker.toFixed(0),
        megabytes(worker).toFixed(0),
        verdict(megabytes(worker), { most: 800 }),
      ],
      [
        "gateway during the upload",
        gateway.toFixed(0),
        megabytes(gateway).toFixed(0),
        verdict(megabytes(gateway), { most: 250 }),
      ],
    ],
  );
  console.log(describeLoad("after"));
}

function megabytes(mib: number): number {
  return (mib * 2 ** 20) / 1e6;
}

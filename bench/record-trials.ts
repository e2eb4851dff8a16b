import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import { vectorFiles } from "@lakefleet/lib/vector/format/vector-files.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { z } from "zod";
import { makeClusteredVectors } from "./support/clustered-index.ts";
import { median } from "./support/print-report.ts";
import { makeTextVectors } from "./support/text-vectors.ts";
import { Quantization, TrialTable, tablePath } from "./support/trial-table.ts";

/**
 * Measures a grid of graphs for `bench/proposers.ts`, in steps that can be repeated and interrupted:
 * `node bench/record-trials.ts --table clustered-20k-768 --folder /tmp/tables --step build` builds as much of what is
 * missing as fits into `--seconds` and measures its recall, `--step latency` does the latencies, on a quiet machine,
 * `--step write` writes the table.
 */
const { values } = parseArgs({
  options: {
    table: { type: "string", default: "clustered-20k-768" },
    folder: { type: "string" },
    step: { type: "string", default: "build" },
    seconds: { type: "string", default: "220" },
  },
});
interface Shape {
  count: number;
  /** What the vectors are, for whoever reads the table. */
  source: string;
  make(): Promise<{ vectors: Float32Array; queries: Float32Array[] }>;
}
const k = 10;
const recallQueries = 400;
const dimension = 768;
const tables: Record<string, Shape> = {
  "clustered-20k-768": {
    count: 20_000,
    source: "clustered, spread 0.7",
    make: async () => makeClusteredVectors({ count: 20_000, dimension, queryCount: recallQueries }),
  },
  "texts-10k-768": {
    count: 10_000,
    source: "generated texts, embedded by hash-768@1",
    make: () => makeTextVectors({ count: 10_000, queryCount: recallQueries }),
  },
};
const shape = tables[values.table];
if (shape === undefined || values.folder === undefined) throw new Error("--table and --folder are needed");
const { count, source } = shape;
const folder = path.join(values.folder, values.table);
const latencyQueries = 40;
/** The fastest of these counts for a query: what another process takes away in one round it leaves in another. */
const latencyRounds = 3;
/** Below 30 a search for ten hits takes as long, since it compares so many exactly. */
const efforts = [32, 38, 45, 54, 64, 76, 91, 108, 128, 152, 181, 215, 256, 304, 362, 431, 512];

interface Cell {
  share: number;
  quantization: z.infer<typeof Quantization>;
  connectivity: number;
  expansionBuild: number;
}

const cells: Cell[] = ["i8", "bf16"].flatMap((name) =>
  [1, 0.3, 0.1].flatMap((share) =>
    [8, 16, 32].flatMap((connectivity) =>
      [64, 128, 256].map((expansionBuild) => ({
        share,
        quantization: Quantization.parse(name),
        connectivity,
        expansionBuild,
      })),
    ),
  ),
);

const { vectors, queries } = await shape.make();
const until = performance.now() + 1_000 * Number(values.seconds);
if (values.step === "build") await buildCells();
else if (values.step === "latency") await measureLatencies();
else await writeTable();

function nameOf({ share, quantization, connectivity, expansionBuild }: Cell): string {
  return `${share}-${quantization}-${connectivity}-${expansionBuild}`;
}

function locationOf(cell: Cell) {
  const { share, ...build } = cell;
  const parameters = IndexParameters.parse({ backend: "hnsw", ...build });
  const vectorCount = Math.round(count * share);
  return { folder: path.join(folder, nameOf(cell)), dimension, vectorCount, parameters };
}

async function buildCells(): Promise<void> {
  for (const cell of cells) {
    if (performance.now() > until) return;
    await buildCell(cell);
  }
}

async function buildCell(cell: Cell): Promise<void> {
  const location = locationOf(cell);
  const result = path.join(location.folder, "recall.json");
  if (existsSync(result)) return;
  await rm(location.folder, { recursive: true, force: true });
  await mkdir(location.folder, { recursive: true });
  async function* blocks() {
    yield { vectors: vectors.subarray(0, location.vectorCount * dimension) };
  }
  const before = process.cpuUsage();
  await buildVectorIndex({ ...location, blocks: blocks(), threads: 2 });
  const { user, system } = process.cpuUsage(before);
  await shareVectors(cell.share, location.folder);
  const truth = await truthOf(cell);
  const index = await openVectorIndex(location);
  const recall: number[] = [];
  for (const effort of efforts) {
    let reached = 0;
    for (const [place, query] of queries.entries()) {
      const { ordinals } = await index.search(query, { k, effort });
      const wanted = new Set(truth[place]);
      reached += [...ordinals].filter((ordinal) => wanted.has(ordinal)).length;
    }
    recall.push(reached / (queries.length * k));
  }
  await index.close();
  await writeFile(result, JSON.stringify({ buildCpuMs: Math.round((user + system) / 1000), recall }));
  console.log(
    nameOf(cell),
    Math.round((user + system) / 1000),
    recall.map((one) => one.toFixed(4)).join(" "),
  );
}

/** All graphs of one share lie over the same vectors, so they are kept once. */
async function shareVectors(share: number, built: string): Promise<void> {
  const kept = path.join(folder, `${share}.parquet`);
  const own = path.join(built, vectorFiles.parquet);
  if (!existsSync(kept)) await writeFile(kept, await readFile(own));
  await rm(own);
  await symlink(kept, own);
}

async function truthOf(cell: Cell): Promise<number[][]> {
  const kept = path.join(folder, `${cell.share}-truth.json`);
  if (existsSync(kept)) return JSON.parse(await readFile(kept, "utf8"));
  const index = await openVectorIndex(locationOf(cell));
  const truth: number[][] = [];
  for (const query of queries) truth.push([...(await index.exact(query, { k })).ordinals]);
  await index.close();
  await writeFile(kept, JSON.stringify(truth));
  return truth;
}

async function measureLatencies(): Promise<void> {
  let missing = 0;
  for (const cell of cells) {
    const result = path.join(folder, nameOf(cell), "latency.json");
    if (existsSync(result)) continue;
    missing += 1;
    if (performance.now() > until) continue;
    missing -= 1;
    await writeFile(result, JSON.stringify(await latenciesOf(cell)));
  }
  console.log(`${cells.length - missing} of ${cells.length} measured`);
}

async function latenciesOf(cell: Cell): Promise<number[]> {
  const index = await openVectorIndex(locationOf(cell));
  const some = queries.slice(0, latencyQueries);
  // Maps the pages and warms the compiler up.
  for (const query of some) await index.search(query, { k, effort: 128 });
  const p50Us: number[] = [];
  for (const effort of efforts) {
    const fastest = some.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < latencyRounds; round++) {
      for (const [place, query] of some.entries()) {
        const begin = performance.now();
        await index.search(query, { k, effort });
        fastest[place] = Math.min(fastest[place]!, performance.now() - begin);
      }
    }
    p50Us.push(Math.round(10_000 * median(fastest)) / 10);
  }
  await index.close();
  return p50Us;
}

async function writeTable(): Promise<void> {
  const graphs = await Promise.all(
    cells.map(async (cell) => {
      const read = async (name: string) =>
        JSON.parse(await readFile(path.join(folder, nameOf(cell), name), "utf8"));
      return { ...cell, ...(await read("recall.json")), p50Us: await read("latency.json") };
    }),
  );
  const table: TrialTable = TrialTable.parse({
    name: values.table,
    command: `node bench/record-trials.ts --table ${values.table}`,
    machine: `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.version}`,
    count,
    dimension,
    source,
    recallQueries,
    efforts,
    graphs,
  });
  const { graphs: rows, ...heading } = table;
  const lines = rows.map((graph) => JSON.stringify(graph)).join(",\n");
  await mkdir(new URL(".", tablePath(table.name)), { recursive: true });
  await writeFile(
    tablePath(table.name),
    `${JSON.stringify(heading).slice(0, -1)},"graphs":[\n${lines}\n]}\n`,
  );
}

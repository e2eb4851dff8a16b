import { lstatSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { generationPrefix } from "@lakefleet/lib/generation/generation-keys.ts";
import { openGeneration } from "@lakefleet/lib/generation/read/open-generation.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { generateVectors } from "../examples/generate-vectors.ts";
import { makeBenchFolder } from "./support/bench-fleet.ts";
import { describeLoad, printHeading, printTable } from "./support/print-report.ts";
import { openVectorLake, type VectorGeneration } from "./support/vector-lake.ts";

/**
 * What it costs to append rows to indexes of different sizes, step by step, and what is written to the disk for it; and
 * then to have the whole searched with one more candidate, as the promotion of a trial would:
 * `node bench/append.ts [--sizes 20000,100000] [--rows 10000] [--backends hnsw,lance]`
 */
const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "20000,100000" },
    rows: { type: "string", default: "10000" },
    dimension: { type: "string", default: "768" },
    backends: { type: "string", default: "hnsw,lance" },
  },
});
const dimension = Number(values.dimension);
const appendedCount = Number(values.rows);
/** An append of 10,000 to 20,000 rows is a third of them, which the default policy builds anew. */
const mergeLimits = { appendedShareMax: 0.9, deadShareMax: 0.1, appendedMax: 8 };

printHeading("Appending rows to an index");
for (const backend of values.backends.split(",")) {
  const results: Record<string, string>[] = [];
  for (const size of values.sizes.split(",").map(Number)) {
    results.push(...(await measure(IndexParameters.parse({ backend }), size)));
  }
  console.log(
    `\n${backend}, ${appendedCount} rows of ${dimension} values appended (ms unless said otherwise)\n`,
  );
  printTable(
    Object.keys(results[0] ?? {}),
    results.map((row) => Object.values(row)),
  );
}
console.log(`\n${describeLoad("at the end")}`);

async function measure(parameters: IndexParameters, size: number): Promise<Record<string, string>[]> {
  const dataFolder = await makeBenchFolder("append");
  try {
    const lake = await openVectorLake(dataFolder, { parameters, metadataColumns: ["category"], mergeLimits });
    const first = makeVectors(1, size);
    const base = await lake.publish({ tag: "a", vectors: first, dimension });
    const before = filesOf(lake.store.root, lake.index, base);
    const vectors = makeVectors(2, appendedCount);
    const appended = await lake.publish({ tag: "a", vectors, dimension, firstRow: size });
    const after = filesOf(lake.store.root, lake.index, appended);
    const shared = [...after].filter(([inode]) => before.has(inode));
    const rewritten = [...before].filter(([inode, file]) => file.segment && !after.has(inode));
    if (rewritten.length > 0) throw new Error(`${rewritten.length} files of the parent were not shared`);
    const written = [...after].filter(([inode]) => !before.has(inode));
    const tuned = await lake.rebuild({ ...parameters, expansionSearch: parameters.expansionSearch + 1 });
    const own = filesOf(lake.store.root, lake.index, tuned);
    const retaken = [...own].filter(([inode]) => after.has(inode));
    const row = (name: string, published: VectorGeneration, latency: Latency, bytes: string) => ({
      index: name,
      ...Object.fromEntries(
        Object.entries(published.milliseconds).map(([step, ms]) => [step, ms.toFixed(0)]),
      ),
      "open cold": latency.openColdMs.toFixed(0),
      "open warm": latency.openWarmMs.toFixed(0),
      "search p50": latency.p50Ms.toFixed(2),
      recall: latency.recall.toFixed(3),
      "MB written": bytes,
    });
    return [
      row(`built of ${size}`, base, await search(lake, base, first), megabytes([...before])),
      row(
        `appended to ${size}`,
        appended,
        await search(lake, appended, vectors),
        `${megabytes(written)} (${shared.length} files, ${megabytes(shared)} MB shared)`,
      ),
      row(
        "searched otherwise",
        tuned,
        await search(lake, tuned, vectors),
        `${megabytes([...own].filter(([inode]) => !after.has(inode)))} (${megabytes(retaken)} MB shared)`,
      ),
    ];
  } finally {
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

interface Latency {
  openColdMs: number;
  openWarmMs: number;
  p50Ms: number;
  recall: number;
}

type Lake = Awaited<ReturnType<typeof openVectorLake>>;

async function search(lake: Lake, { manifest }: VectorGeneration, near: Float32Array): Promise<Latency> {
  const target = { store: lake.store, index: lake.index, generation: manifest.generation };
  // A store of its own remembers nothing of what this process has verified.
  const cold = { ...target, store: { ...lake.store } };
  const [opened, openColdMs] = await timed(() => openGeneration(cold));
  await opened.close();
  const [warm, openWarmMs] = await timed(() => openGeneration(target));
  try {
    const stride = Math.floor(appendedCount / 100);
    const queries = Array.from({ length: 100 }, (_, n) =>
      near.slice(n * stride * dimension, (n * stride + 1) * dimension),
    );
    const durations: number[] = [];
    let reached = 0;
    for (const query of queries) {
      const [hits, ms] = await timed(() => warm.vectors.search(query, { k: 10 }));
      durations.push(ms);
      const truth = new Set((await warm.vectors.exact(query, { k: 10 })).ordinals);
      reached += [...hits.ordinals].filter((ordinal) => truth.has(ordinal)).length;
    }
    return {
      openColdMs,
      openWarmMs,
      p50Ms: quantile(durations, 0.5),
      recall: reached / (10 * queries.length),
    };
  } finally {
    await warm.close();
  }
}

async function timed<Result>(task: () => Promise<Result>): Promise<[Result, number]> {
  const begin = performance.now();
  return [await task(), performance.now() - begin];
}

/** The files of a generation by inode. */
function filesOf(root: string, index: string, { manifest }: VectorGeneration) {
  const folder = path.join(root, generationPrefix(index, manifest.generation));
  const files = new Map<number, { bytes: number; segment: boolean }>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { ino, size } = lstatSync(file);
    files.set(ino, { bytes: size, segment: path.relative(folder, file).startsWith("segments") });
  }
  return files;
}

function megabytes(files: (readonly [number, { bytes: number }])[]): string {
  return (files.reduce((sum, [, { bytes }]) => sum + bytes, 0) / 1e6).toFixed(0);
}

function makeVectors(seed: number, count: number): Float32Array {
  const vectors = new Float32Array(count * dimension);
  let filled = 0;
  for (const block of generateVectors({ seed, count, dimension })) {
    vectors.set(block, filled);
    filled += block.length;
  }
  return vectors;
}

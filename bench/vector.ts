import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildVectorIndex } from "@lakefleet/lib/vector/build/build-vector-index.ts";
import { usearchConfig } from "@lakefleet/lib/vector/format/usearch-settings.ts";
import { vectorFiles } from "@lakefleet/lib/vector/format/vector-files.ts";
import { type HnswParameters, IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { RowFilter, VectorIndex } from "@lakefleet/lib/vector/vector-index.ts";
import * as usearch from "usearch";
import { generateVectors } from "../examples/generate-vectors.ts";

/**
 * Our index beside the bare engine at the same parameters, over the same vectors, in one run:
 * build time, recall at 10 and median latency. About two minutes of two cores at 100,000 × 768.
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "200" },
    quantization: { type: "string", default: "i8" },
    threads: { type: "string", default: "2" },
  },
});
const [count, dimension, queryCount, threads] = [
  Number(values.count),
  Number(values.dimension),
  Number(values.queries),
  Number(values.threads),
];
const k = 10;
const parameters = hnswParameters();
const folder = await mkdtemp(join(tmpdir(), "lakefleet-bench-"));

try {
  const blocks = [...generateVectors({ seed: 1, count: count + queryCount, dimension })];
  const all = new Float32Array((count + queryCount) * dimension);
  blocks.reduce((offset, block) => {
    all.set(block, offset);
    return offset + block.length;
  }, 0);
  const vectors = all.subarray(0, count * dimension);
  const queries = Array.from({ length: queryCount }, (_, row) =>
    all.slice((count + row) * dimension, (count + row + 1) * dimension),
  );
  report("bare usearch build", await cost(() => buildBare(vectors)));
  const location = { folder, dimension, vectorCount: count, parameters };
  const build = async () => {
    async function* ours() {
      for (let from = 0; from < vectors.length; from += 1000 * dimension) {
        yield { vectors: vectors.subarray(from, from + 1000 * dimension) };
      }
    }
    await buildVectorIndex({ ...location, blocks: ours(), threads });
  };
  report("our build, with vectors.parquet", await cost(build));
  const graphPath = join(folder, vectorFiles.graph.usearch);
  report("graph", `${((await stat(graphPath)).size / 1e6).toFixed(0)} MB`);

  const index = await openVectorIndex(location);
  let truth: number[][] = [];
  const exactS = await timed(async () => {
    truth = await Promise.all(queries.map(async (query) => [...(await index.exact(query, { k })).ordinals]));
  });
  report(`${queryCount} exact searches at once`, `${(exactS * 1000).toFixed(0)} ms`);
  await benchBare(graphPath, queries, truth);
  await benchOurs(index, queries, truth);
  await benchFilters(index, queries);
  await index.close();
} finally {
  await rm(folder, { recursive: true });
}

function hnswParameters(): HnswParameters {
  const parsed = IndexParameters.parse({ backend: "hnsw", quantization: values.quantization });
  if (parsed.backend !== "hnsw") throw new Error("unreachable: the backend was given");
  return parsed;
}

function buildBare(vectors: Float32Array): void {
  const index = new usearch.Index(usearchConfig(usearch, parameters, dimension));
  for (let first = 0; first < count; first += 10_000) {
    const batch = vectors.subarray(first * dimension, (first + 10_000) * dimension);
    const keys = BigUint64Array.from({ length: batch.length / dimension }, (_, row) => BigInt(first + row));
    index.add(keys, batch, threads);
  }
}

async function benchBare(path: string, queries: readonly Float32Array[], truth: readonly number[][]) {
  const config = usearchConfig(usearch, parameters, dimension);
  const index = new usearch.Index({ ...config, expansion_search: parameters.expansionSearch });
  index.view(path);
  await measure("bare usearch search", queries, truth, (query) => index.search(query, k, 1).keys);
}

async function benchOurs(index: VectorIndex, queries: readonly Float32Array[], truth: readonly number[][]) {
  for (const effort of [parameters.expansionSearch, 2 * parameters.expansionSearch]) {
    await measure(`our search, effort ${effort}`, queries, truth, async (query) => {
      return (await index.search(query, { k, effort })).ordinals;
    });
  }
}

async function benchFilters(index: VectorIndex, queries: readonly Float32Array[]) {
  const some = queries.slice(0, 50);
  for (const percent of [50, 10, 1]) {
    const filter = everyNth(100 / percent);
    const truth = await Promise.all(
      some.map(async (query) => [...(await index.exact(query, { k, filter })).ordinals]),
    );
    await measure(`our search, filter ${percent} %`, some, truth, async (query) => {
      return (await index.search(query, { k, filter })).ordinals;
    });
  }
}

function everyNth(step: number): RowFilter {
  const bits = new Uint32Array(Math.ceil(count / 32));
  for (let ordinal = 0; ordinal < count; ordinal += step) bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
  return { bits, matchCount: Math.ceil(count / step), where: "" };
}

type Search = (query: Float32Array) => Iterable<number | bigint> | Promise<Iterable<number | bigint>>;

async function measure(
  name: string,
  queries: readonly Float32Array[],
  truth: readonly number[][],
  search: Search,
) {
  // The first round maps the pages and warms the compiler up; the second one counts.
  for (const query of queries) await search(query);
  const durations: number[] = [];
  let found = 0;
  for (const [place, query] of queries.entries()) {
    const start = performance.now();
    const answer = await search(query);
    durations.push(performance.now() - start);
    const ordinals = new Set(Array.from(answer, Number));
    found += truth[place]!.filter((ordinal) => ordinals.has(ordinal)).length;
  }
  durations.sort((left, right) => left - right);
  const at = (share: number) => durations[Math.floor(durations.length * share)]!.toFixed(3);
  const recall = (found / (queries.length * k)).toFixed(4);
  report(name, `recall ${recall}, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
}

/** Wall time and processor time: on a busy machine only the second one compares. */
async function cost(task: () => void | Promise<void>): Promise<string> {
  const before = process.cpuUsage();
  const seconds = await timed(task);
  const { user, system } = process.cpuUsage(before);
  return `${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor time`;
}

async function timed(task: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await task();
  return (performance.now() - start) / 1000;
}

function report(name: string, figures: string): void {
  console.log(`${name.padEnd(36)} ${figures}`);
}
